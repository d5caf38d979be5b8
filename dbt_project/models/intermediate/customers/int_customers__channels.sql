-- Where a customer was met: visits of the web shop and of the app, orders by the channel that took them (online is the
-- web shop), messages answered by a click, tickets. What a shop merely sent is no sign of the customer.
with customers as (

    select customer_id from {{ ref('int_identity__customers') }}

),

met as (

    select
        customer_id,
        case when device_type = 'app' then 'app' else 'web' end as channel,
        visitor_key,
        cast(null as string) as order_key,
        started_at as first_seen_at,
        ended_at as last_seen_at
    from {{ ref('int_journeys__sessions') }}
    where not is_bot and not is_test_host

    union all

    select
        record_customers.customer_id,
        case when orders.channel = 'online' then 'web' else orders.channel end as channel,
        cast(null as string) as visitor_key,
        case when not orders.is_return then orders.order_key end as order_key,
        orders.ordered_at as first_seen_at,
        orders.ordered_at as last_seen_at
    from {{ ref('int_orders__orders') }} as orders
    inner join {{ ref('int_identity__record_customers') }} as record_customers
        on orders.record_key = record_customers.record_key
    where not orders.is_test and not orders.is_cancelled

    union all

    select
        customer_id,
        channel,
        cast(null as string) as visitor_key,
        cast(null as string) as order_key,
        touched_at as first_seen_at,
        touched_at as last_seen_at
    from {{ ref('int_journeys__message_events') }}
    where touch_type <> 'mailing'

    union all

    select
        customer_id,
        'service' as channel,
        cast(null as string) as visitor_key,
        cast(null as string) as order_key,
        created_at as first_seen_at,
        created_at as last_seen_at
    from {{ ref('int_service__tickets') }}
    where not is_deleted

),

grouped as (

    select
        met.customer_id,
        met.channel,
        count(*) as contact_count,
        count(met.order_key) as order_count,
        count(distinct met.visitor_key) as device_count,
        min(met.first_seen_at) as first_seen_at,
        max(met.last_seen_at) as last_seen_at
    from met
    inner join customers on met.customer_id = customers.customer_id
    where met.channel is not null
    group by met.customer_id, met.channel

),

-- Most orders, then most contacts, then the latest. Whoever has a question does not prefer the help desk to the shop.
preferred as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by
                order_count desc nulls last, case when channel = 'service' then 1 else 0 end asc nulls last,
                contact_count desc nulls last, last_seen_at desc nulls last, channel asc nulls last
        ) = 1 as is_preferred
    from grouped

)

select * from preferred
