-- Whose wish costs less now: who put something on a wish list that is cheaper today by a share that is worth telling of
-- (vars price_drops), has not taken it off or bought it since, and can buy it. Today's price is that of the product the
-- wish names, in the same currency: a till may sell the SKU at another price. Of several wishes the latest.
{%- set rule = var('price_drops') %}
with as_of as (

    select * from {{ ref('int_as_of') }}

),

wishes as (

    select
        record_customers.customer_id,
        events.event_name,
        events.event_key,
        events.product_id,
        events.sku,
        events.price_amount,
        events.currency_code,
        events.occurred_at
    from {{ ref('int_events__events') }} as events
    inner join {{ ref('int_identity__record_customers') }} as record_customers
        on events.record_key = record_customers.record_key
    cross join as_of
    where
        events.event_name in ('Product Added to Wishlist', 'Product Removed from Wishlist')
        and events.sku is not null
        and not (events.is_bot or events.is_test_host)
        and events.occurred_at > {{ dbt.dateadd('day', '-' ~ rule.wish_days, 'as_of.as_of') }}
        and events.occurred_at <= as_of.as_of
    qualify row_number() over (
        partition by record_customers.customer_id, events.sku
        order by events.occurred_at desc nulls last, events.event_key asc nulls last
    ) = 1

),

currencies as (

    select
        source_system,
        max(order_currency_code) as currency_code
    from {{ ref('int_orders__headers') }}
    group by source_system

),

prices as (

    select
        products.product_key,
        products.source_system,
        products.sku,
        currencies.currency_code,
        max(products.product_title) as product_title,
        max(products.unit_price) as price_amount
    from {{ ref('dim_products') }} as products
    inner join currencies on products.source_system = currencies.source_system
    where products.unit_price is not null
    group by products.product_key, products.source_system, products.sku, currencies.currency_code

),

bought as (

    select
        customer_id,
        sku,
        max(order_date) as last_bought_date
    from {{ ref('fct_order_lines') }}
    where not (is_test or is_cancelled)
    group by customer_id, sku

),

candidates as (

    select
        wishes.customer_id,
        wishes.sku as wished_product_sku,
        prices.product_title as wished_product_title,
        wishes.price_amount as price_then_amount,
        cast(prices.price_amount as decimal(18, 4)) as price_now_amount,
        wishes.currency_code,
        wishes.occurred_at as wished_at
    from wishes
    inner join prices
        on
            wishes.sku = prices.sku
            and prices.product_key = prices.source_system || ':' || wishes.product_id
            and wishes.currency_code = prices.currency_code
    inner join {{ ref('int_inventory__eligible_products') }} as eligible
        on wishes.sku = eligible.sku and eligible.channel = 'online' and eligible.is_sellable
    left join bought on wishes.customer_id = bought.customer_id and wishes.sku = bought.sku
    where
        wishes.event_name = 'Product Added to Wishlist'
        and prices.price_amount <= wishes.price_amount * (1 - {{ rule.least_share }})
        and coalesce(bought.last_bought_date < {{ to_reporting_date('wishes.occurred_at') }}, true)
    qualify row_number() over (
        partition by wishes.customer_id order by wishes.occurred_at desc nulls last, wishes.event_key asc nulls last
    ) = 1

)

select * from {{ eligible_members('candidates') }}
