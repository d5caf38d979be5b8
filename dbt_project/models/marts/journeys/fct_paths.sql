-- Paths that converted and runs of touches that led to nothing, by the same rules as attribution has them.
with sessions as (

    select
        'visit:' || session_id as touchpoint_id,
        visitor_key
    from {{ ref('int_journeys__sessions') }}

),

converted as (

    select
        paths.conversion_id as path_id,
        paths.conversion_id,
        paths.conversion_type,
        paths.customer_id,
        {{ array_text(agg_ordered('paths.channel', 'paths.touchpoint_position'), ' > ') }} as path,
        max(paths.path_length) as path_length,
        count(distinct paths.channel) as channel_count,
        count(distinct sessions.visitor_key) as device_count,
        min(paths.touched_at) as started_at,
        max(paths.touched_at) as last_touched_at,
        max(paths.converted_at) as converted_at
    from {{ ref('int_journeys__paths') }} as paths
    left join sessions on paths.touchpoint_id = sessions.touchpoint_id
    where paths.path_length > 0
    group by paths.conversion_id, paths.conversion_type, paths.customer_id

),

unconverted_touches as (

    {{ unconverted_paths('true') }}

),

unconverted as (

    select
        customer_id || ':' || cast(path_number as string) as path_id,
        cast(null as string) as conversion_id,
        cast(null as string) as conversion_type,
        customer_id,
        {{ array_text(agg_ordered('channel', "cast(touched_at as string) || channel"), ' > ') }} as path,
        count(*) as path_length,
        count(distinct channel) as channel_count,
        cast(null as bigint) as device_count,
        min(touched_at) as started_at,
        max(touched_at) as last_touched_at,
        cast(null as timestamp) as converted_at
    from unconverted_touches
    group by customer_id, path_number

),

paths as (

    select * from converted
    union all
    select * from unconverted

),

fct_paths as (

    select
        path_id,
        conversion_id,
        conversion_type,
        customer_id,
        path,
        path_length,
        channel_count,
        device_count,
        conversion_id is not null as is_converted,
        channel_count > 1 as is_cross_channel,
        device_count > 1 as is_cross_device,
        {{ epoch_seconds('converted_at') }} - {{ epoch_seconds('started_at') }} as seconds_to_convert,
        started_at,
        last_touched_at,
        converted_at,
        {{ to_reporting_date('started_at') }} as started_date,
        {{ to_reporting_date('converted_at') }} as converted_date
    from paths

)

select * from fct_paths
