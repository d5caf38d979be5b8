-- Credit is cut to 12 decimals and the last touchpoint takes what is left, so it sums to exactly 1; money is dealt in
-- whole cents by largest remainder (then by position), so it sums to exactly the order's net sales. Net sales are after
-- refunds: a refund restates the credit of its order in the next build.
with weighted as (

    {% for attribution_model, weight in attribution_weights().items() -%}
    select
        *,
        '{{ attribution_model }}' as attribution_model,
        case when path_length = 0 then 1.0 else cast({{ weight }} as double) end as weight
    from {{ ref('int_journeys__paths') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- Credit in units of 10^-12, rounded down; integers, so that sums are exact.
shares as (

    select
        *,
        cast(floor(
            1000000000000 * weight / sum(weight) over (partition by conversion_id, attribution_model)
        ) as bigint) as credit_units,
        row_number() over (
            partition by conversion_id, attribution_model
            order by touchpoint_position desc nulls last, touchpoint_id desc nulls last
        ) as credit_rank
    from weighted
    where weight > 0

),

credited as (

    select
        *,
        cast(
            cast(
                case
                    when credit_rank = 1
                        then
                            1000000000000 + credit_units
                            - sum(credit_units) over (partition by conversion_id, attribution_model)
                    else credit_units
                end as decimal(18, 0)
            ) * cast(0.000000000001 as decimal(18, 12)) as decimal(18, 12)
        ) as credit
    from shares

),

attribution as (

    select
        {{ surrogate_key(['conversion_id', 'attribution_model', 'touchpoint_id']) }} as attribution_key,
        conversion_id,
        conversion_type,
        source_system,
        attribution_model,
        touchpoint_id,
        customer_id,
        channel,
        touch_type,
        campaign,
        currency_code,
        nullif(touchpoint_position, 0) as touchpoint_position,
        path_length,
        credit,
        dealt_amount as attributed_revenue,
        touched_at,
        converted_at,
        {{ to_reporting_date('converted_at') }} as converted_date
    from {{ deal_amount('credited', 'conversion_value_amount', ['conversion_id', 'attribution_model']) }} as dealt

)

select * from attribution
