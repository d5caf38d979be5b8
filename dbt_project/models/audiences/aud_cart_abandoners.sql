-- Who put something into a cart or began a check-out in the 14 days before the newest data, and has not ordered since.
-- An order within the hour before the last cart event counts as since: browsers' clocks are off by minutes. Nobody is
-- chased with what is sold out: who left nothing else is left out until some of it is back in stock.
with orders as (

    select * from {{ ref('int_orders__orders') }}
    where not is_test and not is_return

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

recent as (

    select cart_events.*
    from {{ ref('int_carts__cart_events') }} as cart_events
    cross join {{ ref('int_as_of') }} as as_of
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

buyers as (

    select
        record_customers.customer_id,
        max(orders.ordered_at) as last_ordered_at
    from orders
    inner join record_customers on orders.record_key = record_customers.record_key
    group by record_customers.customer_id

),

-- A product that no catalogue knows is taken to be there: we can't know better.
last_products as (

    select
        recent.customer_id,
        recent.sku,
        coalesce(products.is_sellable, true) as is_sellable
    from recent
    left join buyers on recent.customer_id = buyers.customer_id
    left join {{ ref('int_inventory__eligible_products') }} as products
        on recent.sku = products.sku and products.channel = 'online'
    where
        recent.sku is not null
        and coalesce(buyers.last_ordered_at < {{ dbt.dateadd('hour', -1, 'recent.occurred_at') }}, true)
    qualify row_number() over (
        partition by recent.customer_id
        order by
            coalesce(products.is_sellable, true) desc nulls last,
            recent.occurred_at desc nulls last,
            recent.cart_event_key asc nulls last
    ) = 1

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
        coalesce(buyers.last_ordered_at < {{ dbt.dateadd('hour', -1, 'last_carts.last_cart_at') }}, true)
        and coalesce(last_products.is_sellable, true)

)

select * from {{ eligible_members('candidates') }}
