-- Who put something into a cart or began a check-out in the 14 days before the newest data, and has not ordered since.
-- An order within the hour before the last cart event counts as since: browsers' clocks are off by minutes.
with cart_events as (

    select * from {{ ref('int_carts__cart_events') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

orders as (

    select * from {{ ref('int_orders__orders') }}
    where not is_test and not is_return

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

recent as (

    select cart_events.*
    from cart_events
    cross join as_of
    where
        cart_events.occurred_at > {{ dbt.dateadd('day', -14, 'as_of.as_of') }}
        and cart_events.occurred_at <= as_of.as_of
        -- A check-out that became an order is none that was left.
        and not exists (
            select 1 from orders
            where orders.checkout_token = cart_events.checkout_token
        )

),

carts as (

    select
        customer_id,
        cart_key,
        coalesce(
            max(case when event_type = 'checkout_started' then value_amount end),
            sum(case when event_type = 'product_added' then value_amount end)
        ) as cart_value_amount,
        max(occurred_at) as last_cart_at,
        bool_or(event_type = 'checkout_started') as is_checkout
    from recent
    group by customer_id, cart_key

),

last_carts as (

    select
        customer_id,
        cart_value_amount,
        last_cart_at,
        bool_or(is_checkout) over (partition by customer_id) as checkout_started
    from carts
    qualify row_number() over (
        partition by customer_id order by last_cart_at desc nulls last, cart_key asc nulls last
    ) = 1

),

last_products as (

    select
        customer_id,
        sku
    from recent
    where sku is not null
    qualify row_number() over (
        partition by customer_id order by occurred_at desc nulls last, cart_event_key asc nulls last
    ) = 1

),

buyers as (

    select
        record_customers.customer_id,
        max(orders.ordered_at) as last_ordered_at
    from orders
    inner join record_customers on orders.record_key = record_customers.record_key
    group by record_customers.customer_id

),

candidates as (

    select
        last_carts.customer_id,
        last_carts.last_cart_at,
        cast(last_carts.cart_value_amount as decimal(18, 4)) as cart_value_amount,
        last_products.sku as last_product_sku,
        last_carts.checkout_started
    from last_carts
    left join last_products on last_carts.customer_id = last_products.customer_id
    left join buyers on last_carts.customer_id = buyers.customer_id
    where
        buyers.last_ordered_at is null
        or buyers.last_ordered_at < {{ dbt.dateadd('hour', -1, 'last_carts.last_cart_at') }}

)

select * from {{ eligible_members('candidates') }}
