-- The touchpoints before each conversion, in their order. A conversion without any has one row without a touchpoint and
-- the path length 0: its money is shown as unattributed instead of vanishing.
with conversions as (

    select
        *,
        {{ epoch_seconds('converted_at') }} as converted_second
    from {{ ref('int_journeys__conversions') }}

),

touchpoints as (

    select
        touchpoints.touchpoint_id,
        touchpoints.touch_type,
        touchpoints.channel,
        touchpoints.campaign,
        touchpoints.customer_id,
        touchpoints.touched_at,
        {{ epoch_seconds('touchpoints.touched_at') }} + 86400 * lookbacks.lookback_days as last_second
    from {{ ref('int_journeys__touchpoints') }} as touchpoints
    inner join {{ ref('int_journeys__lookbacks') }} as lookbacks
        on touchpoints.channel = lookbacks.channel and touchpoints.touch_type = lookbacks.touch_type

),

-- A touch at the very moment of the conversion still led to it; one after it did not.
paths as (

    select
        conversions.conversion_id,
        conversions.conversion_type,
        conversions.source_system,
        conversions.customer_id,
        conversions.currency_code,
        conversions.conversion_value_amount,
        conversions.converted_at,
        touchpoints.touchpoint_id,
        touchpoints.touch_type,
        coalesce(touchpoints.channel, 'unattributed') as channel,
        touchpoints.campaign,
        touchpoints.touched_at,
        cast(count(touchpoints.touchpoint_id) over (partition by conversions.conversion_id) as bigint) as path_length,
        case
            when touchpoints.touchpoint_id is null then cast(0 as bigint)
            else
                cast(row_number() over (
                    partition by conversions.conversion_id
                    order by touchpoints.touched_at asc nulls last, touchpoints.touchpoint_id asc nulls last
                ) as bigint)
        end as touchpoint_position
    from conversions
    left join touchpoints
        on
            conversions.customer_id = touchpoints.customer_id
            and conversions.converted_at >= touchpoints.touched_at
            and conversions.converted_second <= touchpoints.last_second

)

select * from paths
