-- The credit of every model, side by side: one row per conversion and touchpoint with two columns a model, so that nine
-- models are not nine copies of it. fct_attribution shows it as one row per model.
-- Weights are counted in units of 10^-15 and credit in units of 10^-12, both integers, and a credit is the difference of
-- two running totals, rounded down; so it sums to exactly 1. Money is dealt the same way, in whole cents, so it sums to
-- exactly the order's net sales. Net sales are after refunds: a refund restates the credit of its order in the next build.
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
            when placed.path_length = 0 then cast(1000000000000000 as bigint)
            else cast(floor(1000000000000000 * cast({{ model.weight }} as double)) as bigint)
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
        cast(sum({{ name }}_weight) over (
            partition by conversion_id order by touchpoint_position asc nulls last
            rows between unbounded preceding and current row
        ) as double) as {{ name }}_so_far,
        cast(sum({{ name }}_weight) over (partition by conversion_id) as double) as {{ name }}_total
        {%- endfor %}
    from weighted

),

-- The parts of 10^12 up to and before each touch.
shares as (

    select
        *
        {%- for name, model in models.items() %}
        {%- if model.is_additive %},
        {{ credit_units(name ~ '_so_far', name ~ '_total') }} as {{ name }}_units,
        {{ credit_units(name ~ '_so_far - ' ~ name ~ '_weight', name ~ '_total') }} as {{ name }}_units_before
        {%- else %},
        case when {{ name }}_weight > 0 then cast(1000000000000 as bigint) else cast(0 as bigint) end as {{ name }}_units,
        cast(0 as bigint) as {{ name }}_units_before
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
        {{ units_as_credit(name ~ '_units - ' ~ name ~ '_units_before') }} as {{ name }}_credit,
        {{ dealt_amount('conversion_value_amount', name ~ '_units', name ~ '_units_before') }} as {{ name }}_revenue
        {%- endfor %}
    from shares

)

select * from credits
