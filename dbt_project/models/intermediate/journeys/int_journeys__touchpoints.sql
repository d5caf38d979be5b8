-- Visits of people (no bots, no test hosts), the message events that count, what a known customer bought at a till or
-- at a marketplace, which found that buyer itself, and what somebody asked the help desk.
{%- set untold = {
    'campaign': 'string', 'campaign_id': 'string', 'session_id': 'string', 'landing_page_path': 'string',
    'has_advertising_consent': 'boolean', 'received_at': 'timestamp',
} %}
{%- set kinds = {
    'visits': ['campaign', 'session_id', 'landing_page_path', 'has_advertising_consent', 'received_at'],
    'message_touches': ['campaign', 'campaign_id'],
    'purchases': [],
    'support_contacts': [],
} %}
with visits as (

    select
        session_id as touch_key,
        source_system,
        'visit' as touch_type,
        channel,
        source,
        medium,
        record_key,
        customer_id,
        started_at as touched_at,
        campaign,
        session_id,
        landing_page_path,
        has_advertising_consent,
        received_at
    from {{ ref('int_journeys__sessions') }}
    where not is_bot and not is_test_host

),

message_touches as (

    select
        message_event_key as touch_key,
        source_system,
        touch_type,
        channel,
        source_system as source,
        channel as medium,
        record_key,
        customer_id,
        touched_at,
        campaign,
        campaign_id
    from {{ ref('int_journeys__message_touches') }}

),

purchases as (

    select
        orders.order_key as touch_key,
        orders.source_system,
        case orders.channel when 'store' then 'store_purchase' else 'marketplace_order' end as touch_type,
        orders.channel,
        case
            when orders.channel = 'marketplace' then orders.source_system else coalesce(orders.location_key, 'store')
        end as source,
        orders.channel as medium,
        orders.record_key,
        record_customers.customer_id,
        orders.ordered_at as touched_at
    from {{ ref('int_orders__orders') }} as orders
    inner join {{ ref('int_identity__record_customers') }} as record_customers
        on orders.record_key = record_customers.record_key
    where
        orders.channel in ('store', 'marketplace')
        and not (orders.is_test or orders.is_cancelled or orders.is_return)

),

support_contacts as (

    select
        ticket_key as touch_key,
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

    {%- for kind, told in kinds.items() %}
        select
            touch_type || ':' || touch_key as touchpoint_id,
            source_system,
            touch_type,
            channel,
            source,
            medium,
            record_key,
            customer_id,
            {%- for column, type in untold.items() %}
                {{ column if column in told else 'cast(null as ' ~ type ~ ')' }} as {{ column }},
            {%- endfor %}
            touched_at
        from {{ kind }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select * from touchpoints
