-- The credit of every model, side by side: one row per conversion and touchpoint with two columns a model, so that nine
-- models are not nine copies of it. fct_attribution shows it as one row per model.
-- Weights are counted in whole units of 10^-12, so that their sums do not depend on the order of adding, and a credit is
-- the difference of two running totals, rounded down; so it sums to exactly 1. Money is dealt the same way, in whole cents,
-- so it sums to exactly the order's net sales. Net sales are after refunds: a refund restates the credit of its order in
-- the next build.
{% set models = attribution_models() %}
with placed as (

    select
        *,
        {{ epoch_seconds('converted_at') }} - {{ epoch_seconds('touched_at') }} as seconds_before
    from {{ ref('int_journeys__paths') }}

),

weighted as (

    select
        placed.*
        {%- for name, model in models.items() %},
        case
            when placed.path_length = 0 then cast(1000000000000 as double)
            else floor(1000000000000 * cast({{ model.weight }} as double))
        end as {{ name }}_weight
        {%- endfor %}
    from placed
    cross join {{ ref('int_journeys__attribution_settings') }} as settings
    left join {{ ref('int_journeys__channel_values') }} as channel_values on placed.channel = channel_values.channel

),

totals as (

    select
        *
        {%- for name, model in models.items() if model.is_additive %},
        sum({{ name }}_weight) over (
            partition by conversion_number order by touchpoint_position asc nulls last
            rows between unbounded preceding and current row
        ) as {{ name }}_so_far,
        sum({{ name }}_weight) over (partition by conversion_number) as {{ name }}_total
        {%- endfor %}
    from weighted

),

-- The parts of the whole up to and before each touch.
shares as (

    select
        *
        {%- for name, model in models.items() %}
        {%- if model.is_additive %},
        {{ name }}_so_far / {{ name }}_total as {{ name }}_share,
        ({{ name }}_so_far - {{ name }}_weight) / {{ name }}_total as {{ name }}_share_before
        {%- else %},
        case when {{ name }}_weight > 0 then 1.0 else 0.0 end as {{ name }}_share,
        0.0 as {{ name }}_share_before
        {%- endif %}
        {%- endfor %}
    from totals

),

credits as (

    select
        conversion_id,
        conversion_type,
        source_system,
        customer_id,
        currency_code,
        conversion_value_amount,
        touchpoint_id,
        touch_type,
        channel,
        campaign,
        nullif(touchpoint_position, 0) as touchpoint_position,
        path_length,
        touched_at,
        converted_at,
        {{ to_reporting_date('coalesce(touched_at, converted_at)') }} as touched_date,
        {{ to_reporting_date('converted_at') }} as converted_date
        {%- for name in models %},
        {{ dealt_credit(name ~ '_share', name ~ '_share_before') }} as {{ name }}_credit,
        {{ dealt_amount('conversion_value_amount', name ~ '_share', name ~ '_share_before') }} as {{ name }}_revenue
        {%- endfor %}
    from shares

)

select * from credits
