-- The touchpoints before each conversion that take part by the setting path_transform, in their order, with what the
-- attribution models ask of a touch's place. A conversion without any has one row without a touchpoint and the path
-- length 0: its money is shown as unattributed instead of vanishing.
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
        {{ epoch_seconds('touchpoints.touched_at') }} + 86400 * touch_kinds.lookback_days as last_second
    from {{ ref('int_journeys__touchpoints') }} as touchpoints
    inner join {{ ref('int_journeys__touch_kinds') }} as touch_kinds
        on touchpoints.channel = touch_kinds.channel and touchpoints.touch_type = touch_kinds.touch_type

),

-- A touch at the very moment of the conversion still led to it; one after it did not.
touches as (

    select
        conversions.conversion_id,
        touchpoints.touchpoint_id,
        touchpoints.touch_type,
        touchpoints.channel,
        touchpoints.campaign,
        touchpoints.touched_at
    from touchpoints
    inner join conversions
        on
            touchpoints.customer_id = conversions.customer_id
            and touchpoints.touched_at <= conversions.converted_at
            and touchpoints.last_second >= conversions.converted_second

),

taking_part as (

    {{ transformed_touches('touches', 'conversion_id') }}

),

placed as (

    select
        *,
        row_number() over (
            partition by conversion_id order by touched_at asc nulls last, touchpoint_id asc nulls last
        ) as touchpoint_position,
        count(*) over (partition by conversion_id) as path_length,
        count(*) over (partition by conversion_id, channel) as channel_touch_count,
        row_number() over (
            partition by conversion_id, channel order by touched_at desc nulls last, touchpoint_id desc nulls last
        ) - 1 as channel_touches_left
    from taking_part

),

paths as (

    select
        conversions.conversion_id,
        conversions.conversion_type,
        conversions.source_system,
        conversions.customer_id,
        conversions.currency_code,
        conversions.conversion_value_amount,
        conversions.converted_at,
        placed.touchpoint_id,
        placed.touch_type,
        coalesce(placed.channel, 'unattributed') as channel,
        placed.campaign,
        placed.touched_at,
        cast(coalesce(placed.touchpoint_position, 0) as bigint) as touchpoint_position,
        cast(coalesce(placed.path_length, 0) as bigint) as path_length,
        cast(coalesce(placed.channel_touch_count, 1) as bigint) as channel_touch_count,
        cast(coalesce(placed.channel_touches_left, 0) as bigint) as channel_touches_left,
        -- A path of direct visits alone has its last one.
        cast(coalesce(
            max(case when placed.channel <> 'direct' then placed.touchpoint_position end)
                over (partition by conversions.conversion_id),
            placed.path_length,
            0
        ) as bigint) as last_non_direct_position
    from conversions
    left join placed on conversions.conversion_id = placed.conversion_id

)

select * from paths
