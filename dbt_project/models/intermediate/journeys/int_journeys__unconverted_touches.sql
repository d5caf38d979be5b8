-- Touches that no conversion followed within their look-back, as runs that led to nothing: a run ends with its
-- customer's next conversion, before a touch that did lead to one, and where the next touch comes later than the
-- longest look-back. It may still convert after the data's watermark; as of now it has not. One window over all
-- touches, the largest sort of the journeys, so it carries no ids: touches of a customer, moment and channel are alike
-- here, and their order among themselves makes no difference.
{% set by_time = 'partition by customer_id order by touched_at asc nulls last, channel asc nulls last' %}
with longest as (

    select 86400 * max(lookback_days) as seconds from {{ ref('int_journeys__touch_kinds') }}

),

-- A conversion has no channel, and stands behind the touches of its moment.
moments as (

    select
        touchpoints.customer_id,
        touchpoints.channel,
        touchpoints.touched_at,
        {{ epoch_seconds('touchpoints.touched_at') }} as moment,
        {{ epoch_seconds('touchpoints.touched_at') }} + 86400 * touch_kinds.lookback_days as last_moment
    from {{ ref('int_journeys__touchpoints') }} as touchpoints
    inner join {{ ref('int_journeys__touch_kinds') }} as touch_kinds
        on touchpoints.channel = touch_kinds.channel and touchpoints.touch_type = touch_kinds.touch_type
    where touchpoints.customer_id is not null
    union all
    select
        customer_id,
        cast(null as string) as channel,
        converted_at as touched_at,
        {{ epoch_seconds('converted_at') }} as moment,
        cast(null as bigint) as last_moment
    from {{ ref('int_journeys__conversions') }}
    where customer_id is not null

),

neighbours as (

    select
        *,
        min(case when channel is null then moment end) over (
            {{ by_time }} rows between current row and unbounded following
        ) as next_conversion,
        lag(channel) over ({{ by_time }}) as previous_channel,
        lag(moment) over ({{ by_time }}) as previous_moment,
        lag(last_moment) over ({{ by_time }}) as previous_last_moment,
        lead(channel) over ({{ by_time }}) as next_channel,
        lead(moment) over ({{ by_time }}) as next_moment,
        lead(last_moment) over ({{ by_time }}) as next_last_moment
    from moments

),

unconverted_touches as (

    select
        neighbours.customer_id,
        neighbours.channel,
        neighbours.touched_at,
        case
            when
                neighbours.moment - neighbours.previous_moment <= longest.seconds
                and (neighbours.previous_last_moment < neighbours.next_conversion or neighbours.next_conversion is null)
                then neighbours.previous_channel
        end as previous_channel,
        neighbours.next_channel is null
        or neighbours.next_moment - neighbours.moment > longest.seconds
        or neighbours.next_last_moment >= coalesce(neighbours.next_conversion, neighbours.next_last_moment + 1)
            as is_path_end
    from neighbours
    cross join longest
    where
        neighbours.channel is not null
        and (neighbours.last_moment < neighbours.next_conversion or neighbours.next_conversion is null)

)

select * from unconverted_touches
