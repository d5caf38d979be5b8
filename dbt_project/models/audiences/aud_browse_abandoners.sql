-- Who looked at products in the last seven days, put nothing into a cart since the first look and has not ordered, with
-- the product looked at most: of those that can still be bought, since nobody wants to hear of what is sold out.
with as_of as (

    select * from {{ ref('int_as_of') }}

),

views as (

    select
        record_customers.customer_id,
        events.sku,
        events.event_key,
        events.occurred_at
    from {{ ref('int_events__events') }} as events
    inner join {{ ref('int_identity__record_customers') }} as record_customers
        on events.record_key = record_customers.record_key
    cross join as_of
    where
        events.event_name = 'Product Viewed'
        and events.sku is not null
        and not (events.is_bot or events.is_test_host)
        and events.occurred_at > {{ dbt.dateadd('day', -7, 'as_of.as_of') }}
        and events.occurred_at <= as_of.as_of

),

customers as (

    select
        customer_id,
        min(occurred_at) as first_viewed_at
    from views
    group by customer_id

),

last_carts as (

    select
        customer_id,
        max(last_event_at) as last_cart_at
    from {{ ref('fct_carts') }}
    group by customer_id

),

viewed as (

    select
        views.customer_id,
        views.sku,
        count(*) as view_count,
        max(views.occurred_at) as last_viewed_at
    from views
    inner join {{ ref('int_inventory__eligible_products') }} as products
        on views.sku = products.sku and products.channel = 'online' and products.is_sellable
    group by views.customer_id, views.sku

),

candidates as (

    select
        viewed.customer_id,
        viewed.sku as viewed_product_sku,
        viewed.view_count,
        viewed.last_viewed_at
    from viewed
    inner join customers on viewed.customer_id = customers.customer_id
    left join last_carts on viewed.customer_id = last_carts.customer_id
    left join {{ ref('dim_customers') }} as known on viewed.customer_id = known.customer_id
    where
        coalesce(last_carts.last_cart_at < customers.first_viewed_at, true)
        and coalesce(known.last_order_date < {{ to_reporting_date('customers.first_viewed_at') }}, true)
    qualify row_number() over (
        partition by viewed.customer_id
        order by viewed.view_count desc nulls last, viewed.last_viewed_at desc nulls last, viewed.sku asc nulls last
    ) = 1

)

select * from {{ eligible_members('candidates') }}
