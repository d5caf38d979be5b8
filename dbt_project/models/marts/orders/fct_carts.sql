-- Carts and check-outs, as the shop's pages and the vendors' own lists of unfinished check-outs tell of them: the
-- same one may be in both, so count one source_system. A cart is abandoned an hour after its last event if it became
-- no order: neither its check-out did, nor did its customer order within that hour before or any time since.
with events as (

    select * from {{ ref('int_carts__cart_events') }}

),

orders as (

    select
        orders.order_key,
        orders.checkout_token,
        orders.ordered_at,
        record_customers.customer_id
    from {{ ref('int_orders__orders') }} as orders
    left join {{ ref('int_identity__record_customers') }} as record_customers
        on orders.record_key = record_customers.record_key
    where not orders.is_test and not orders.is_return

),

carts as (

    select
        cart_key,
        source_system,
        customer_id,
        max(checkout_token) as checkout_token,
        count(case when event_type = 'product_added' then 1 end) as addition_count,
        bool_or(event_type = 'checkout_started') as is_checkout_started,
        coalesce(
            max(case when event_type = 'checkout_started' then value_amount end),
            sum(case when event_type = 'product_added' then value_amount end)
        ) as cart_value_amount,
        min(occurred_at) as started_at,
        max(occurred_at) as last_event_at
    from events
    group by cart_key, source_system, customer_id

),

watermarks as (

    select * from {{ ref('int_as_of') }}

),

endings as (

    select
        carts.cart_key,
        carts.customer_id,
        orders.ordered_at,
        1 as is_by_checkout
    from carts
    inner join orders on carts.checkout_token = orders.checkout_token
    union all
    select
        carts.cart_key,
        carts.customer_id,
        orders.ordered_at,
        0 as is_by_checkout
    from carts
    inner join orders
        on
            carts.customer_id = orders.customer_id
            and orders.ordered_at >= {{ dbt.dateadd('hour', -1, 'carts.last_event_at') }}

),

finished as (

    select
        cart_key,
        customer_id,
        max(is_by_checkout) = 1 as is_by_checkout,
        min(ordered_at) as ordered_at
    from endings
    group by cart_key, customer_id

),

fct_carts as (

    select
        {{ surrogate_key(['carts.cart_key', 'carts.customer_id']) }} as cart_id,
        carts.source_system,
        carts.customer_id,
        case
            when finished.is_by_checkout then 'ordered'
            when finished.ordered_at is not null then 'ordered_later'
            when carts.last_event_at > {{ dbt.dateadd('hour', -1, 'watermarks.as_of') }} then 'open'
            else 'abandoned'
        end as cart_status,
        carts.addition_count,
        cast(carts.cart_value_amount as decimal(18, 4)) as cart_value_amount,
        carts.is_checkout_started,
        carts.started_at,
        carts.last_event_at,
        finished.ordered_at,
        {{ to_reporting_date('carts.started_at') }} as started_date
    from carts
    cross join watermarks
    left join finished on carts.cart_key = finished.cart_key and carts.customer_id = finished.customer_id

)

select * from fct_carts
