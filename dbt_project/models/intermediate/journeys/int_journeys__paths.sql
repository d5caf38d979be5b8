-- The touchpoints before each conversion that take part by the setting path_transform, in their order, with what models
-- ask of a touch's place. A conversion without any has one row of path length 0: its money is unattributed, not lost.
with conversions as (

    select
        *,
        {{ epoch_seconds('converted_at') }} as converted_second,
        row_number() over (order by conversion_id asc nulls last) as conversion_number  -- sorts faster
    from (
        select * from {{ ref('int_journeys__conversions') }}
        union all
        select * from {{ ref('int_journeys__sign_ups') }}
    ) as orders_and_sign_ups

),

-- A touch at the very moment of the conversion still led to it; one after it did not.
touches_before as (

    select
        conversions.conversion_number,
        conversions.converted_second,
        touchpoints.touchpoint_id,
        touchpoints.touch_type,
        touchpoints.channel,
        touchpoints.campaign,
        touchpoints.touched_at
    from {{ ref('int_journeys__touchpoints') }} as touchpoints
    inner join conversions
        on
            touchpoints.customer_id = conversions.customer_id
            and touchpoints.touched_at <= conversions.converted_at
            -- A purchase led to later ones, not to itself.
            and (touchpoints.touched_at < conversions.converted_at or touchpoints.touch_type <> 'store_purchase')

),

touches as (

    select touches_before.*
    from touches_before
    inner join {{ ref('int_journeys__touch_kinds') }} as touch_kinds
        on touches_before.channel = touch_kinds.channel and touches_before.touch_type = touch_kinds.touch_type
    where
        touches_before.converted_second - {{ epoch_seconds('touches_before.touched_at') }}
        <= 86400 * touch_kinds.lookback_days

),

taking_part as (

    {{ transformed_touches('touches', 'conversion_number') }}

),

placed as (

    select
        *,
        row_number() over (
            partition by conversion_number order by touched_at asc nulls last, touchpoint_id asc nulls last
        ) as touchpoint_position
    from taking_part

),

channels as (

    select
        conversion_number,
        channel,
        count(*) as channel_touch_count,
        max(touchpoint_position) as channel_last_position
    from placed
    group by conversion_number, channel

),

whole as (

    select
        conversion_number,
        sum(channel_touch_count) as path_length,
        max(case when channel <> 'direct' then channel_last_position end) as last_non_direct_position
    from channels
    group by conversion_number

),

paths as (

    select
        conversions.conversion_number,
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
        cast(coalesce(whole.path_length, 0) as bigint) as path_length,
        cast(coalesce(channels.channel_touch_count, 1) as bigint) as channel_touch_count,
        cast(coalesce(channels.channel_last_position, 0) as bigint) as channel_last_position,
        -- A path of direct visits alone has its last one.
        cast(coalesce(whole.last_non_direct_position, whole.path_length, 0) as bigint) as last_non_direct_position
    from conversions
    left join whole on conversions.conversion_number = whole.conversion_number
    left join placed on conversions.conversion_number = placed.conversion_number
    left join channels
        on placed.conversion_number = channels.conversion_number and placed.channel = channels.channel

)

select * from paths
