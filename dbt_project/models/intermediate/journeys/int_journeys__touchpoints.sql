-- Visits of people (no bots, no test hosts) and the message events that count.
with sessions as (

    select * from {{ ref('int_journeys__sessions') }}
    where not is_bot and not is_test_host

),

message_touches as (

    select * from {{ ref('int_journeys__message_touches') }}

),

touchpoints as (

    select
        'visit:' || session_id as touchpoint_id,
        source_system,
        'visit' as touch_type,
        channel,
        source,
        medium,
        campaign,
        cast(null as string) as campaign_id,
        session_id,
        record_key,
        customer_id,
        landing_page_path,
        has_advertising_consent,
        started_at as touched_at,
        received_at
    from sessions
    union all
    select
        touch_type || ':' || message_event_key as touchpoint_id,
        source_system,
        touch_type,
        channel,
        source_system as source,
        channel as medium,
        campaign,
        campaign_id,
        cast(null as string) as session_id,
        record_key,
        customer_id,
        cast(null as string) as landing_page_path,
        cast(null as boolean) as has_advertising_consent,
        touched_at,
        cast(null as timestamp) as received_at
    from message_touches

)

select * from touchpoints
