-- Touchpoints that no conversion's path holds, cut into paths that led to nothing: a path ends with its customer's next
-- conversion, or where the next touch comes later than the longest look-back. A path may still convert after the data's
-- watermark; as of now it has not.
with on_paths as (

    select distinct touchpoint_id from {{ ref('int_journeys__paths') }}

),

longest as (

    select 86400 * max(lookback_days) as seconds from {{ ref('int_journeys__touch_kinds') }}

),

moments as (

    select
        touchpoints.customer_id,
        touchpoints.touchpoint_id,
        touchpoints.channel,
        touchpoints.touched_at
    from {{ ref('int_journeys__touchpoints') }} as touchpoints
    left join on_paths on touchpoints.touchpoint_id = on_paths.touchpoint_id
    where touchpoints.customer_id is not null and on_paths.touchpoint_id is null
    union all
    select
        customer_id,
        conversion_id as touchpoint_id,
        cast(null as string) as channel,
        converted_at as touched_at
    from {{ ref('int_journeys__conversions') }}
    where customer_id is not null

),

-- A conversion has no channel: the touch after it begins a path.
marked as (

    select
        moments.*,
        case
            when
                lag(moments.channel) over (
                    partition by moments.customer_id
                    order by moments.touched_at asc nulls last, moments.touchpoint_id asc nulls last
                ) is null then true
            when
                {{ epoch_seconds('moments.touched_at') }} - longest.seconds
                > {{ epoch_seconds('lag(moments.touched_at) over (partition by moments.customer_id order by moments.touched_at asc nulls last, moments.touchpoint_id asc nulls last)') }}
                then true
            else false
        end as is_path_start
    from moments
    cross join longest

),

numbered as (

    select
        *,
        sum(case when is_path_start then 1 else 0 end) over (
            partition by customer_id order by touched_at asc nulls last, touchpoint_id asc nulls last
            rows between unbounded preceding and current row
        ) as path_number
    from marked

),

unconverted_touches as (

    select
        customer_id || ':' || cast(path_number as string) as path_id,
        customer_id,
        touchpoint_id,
        channel,
        touched_at
    from numbered
    where channel is not null

)

select * from unconverted_touches
