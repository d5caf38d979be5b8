-- A record is a visitor: one device under one login, or under none. Two users of one device are two records; what they
-- share is the device's anonymous_id, and identity decides whether that joins them.
with events as (

    select
        *,
        coalesce(anonymous_id, '') || '|' || coalesce(user_id, '') as source_record_id
    from {{ ref('stg_web_events__events') }}
    where anonymous_id is not null or user_id is not null

),

names as (

    select
        source_record_id,
        first_name as given_name,
        last_name as family_name
    from events
    where first_name is not null or last_name is not null
    qualify row_number() over (
        partition by source_record_id
        order by received_at desc nulls last, message_id desc nulls last
    ) = 1

),

visitors as (

    select
        source_record_id,
        min(occurred_at) as created_at,
        max(received_at) as updated_at
    from events
    group by source_record_id

),

shaped as (

    select
        'web_events' as source_system,
        visitors.source_record_id,
        'web_events:' || visitors.source_record_id as record_key,
        'visitor' as record_type,
        names.given_name,
        names.family_name,
        cast(null as date) as birth_date,
        cast(null as string) as address_line,
        cast(null as string) as city,
        cast(null as string) as region_code,
        cast(null as string) as postal_code,
        cast(null as string) as country_code,
        cast(null as string) as merged_into_record_id,
        false as is_test,
        visitors.created_at,
        visitors.updated_at
    from visitors
    left join names on visitors.source_record_id = names.source_record_id

)

select * from shaped
