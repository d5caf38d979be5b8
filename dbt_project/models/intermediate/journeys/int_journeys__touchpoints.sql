-- Visits of people (no bots, no test hosts), the message events that count, what a known customer bought at a till, what
-- was ordered at a marketplace, which found that buyer itself, and what somebody asked the help desk.
{%- set untold = {
    'campaign': 'string', 'campaign_id': 'string', 'session_id': 'string', 'landing_page_path': 'string',
    'has_advertising_consent': 'boolean', 'received_at': 'timestamp',
} %}
{%- set kinds = {
    'visits': ['campaign', 'session_id', 'landing_page_path', 'has_advertising_consent', 'received_at'],
    'message_touches': ['campaign', 'campaign_id'],
    'store_purchases': [],
    'marketplace_orders': [],
    'support_contacts': [],
} %}
with visits as (

    select
        'visit:' || session_id as touchpoint_id,
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
        touch_type || ':' || message_event_key as touchpoint_id,
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

marketplace_orders as (

    select
        'marketplace_order:' || orders.order_key as touchpoint_id,
        orders.source_system,
        'marketplace_order' as touch_type,
        'marketplace' as channel,
        orders.source_system as source,
        'marketplace' as medium,
        orders.record_key,
        record_customers.customer_id,
        orders.ordered_at as touched_at
    from {{ ref('int_orders__orders') }} as orders
    inner join {{ ref('int_identity__record_customers') }} as record_customers
        on orders.record_key = record_customers.record_key
    where orders.channel = 'marketplace' and not (orders.is_test or orders.is_cancelled or orders.is_return)

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

    {%- for kind, told in kinds.items() %}
        select
            touchpoint_id,
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
