-- Visits of people (no bots, no test hosts), the message events that count, what a known customer bought at a till, and
-- what somebody asked the help desk.
with sessions as (

    select * from {{ ref('int_journeys__sessions') }}
    where not is_bot and not is_test_host

),

message_touches as (

    select * from {{ ref('int_journeys__message_touches') }}

),

store_purchases as (

    select
        'store_purchase:' || orders.order_key as touchpoint_id,
        orders.source_system,
        'store_purchase' as touch_type,
        'store' as channel,
        coalesce(orders.location_key, 'store') as source,
        'store' as medium,
        orders.record_key,
        record_customers.customer_id,
        orders.ordered_at as touched_at
    from {{ ref('int_orders__orders') }} as orders
    inner join {{ ref('int_identity__record_customers') }} as record_customers
        on orders.record_key = record_customers.record_key
    where orders.channel = 'store' and not (orders.is_test or orders.is_cancelled or orders.is_return)

),

support_contacts as (

    select
        'support_contact:' || ticket_key as touchpoint_id,
        source_system,
        'support_contact' as touch_type,
        'support' as channel,
        source_system as source,
        channel as medium,
        record_key,
        customer_id,
        created_at as touched_at
    from {{ ref('int_service__tickets') }}
    where not is_deleted

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
    {%- for other in ['store_purchases', 'support_contacts'] %}
        union all
        select
            touchpoint_id,
            source_system,
            touch_type,
            channel,
            source,
            medium,
            cast(null as string) as campaign,
            cast(null as string) as campaign_id,
            cast(null as string) as session_id,
            record_key,
            customer_id,
            cast(null as string) as landing_page_path,
            cast(null as boolean) as has_advertising_consent,
            touched_at,
            cast(null as timestamp) as received_at
        from {{ other }}
    {%- endfor %}

)

select * from touchpoints
