-- What was bought after it was looked at, whatever device it was looked at on: views and orders meet by customer and
-- product. Sizes are one product, and so is what two vendors sell under one SKU.
{%- set bought = ['orders.order_key', 'orders.customer_id', 'orders.channel', 'products.product_key',
                  'products.product_title', 'orders.currency_code', 'checkouts.visitor_key', 'checkouts.device_type',
                  'orders.ordered_at', 'orders.order_date'] %}
with products as (

    select * from {{ ref('dim_products') }}
    where sku is not null
    qualify row_number() over (
        partition by sku order by source_system asc nulls last, product_key asc nulls last, variant_key asc nulls last
    ) = 1

),

views as (

    select
        sessions.customer_id,
        products.product_key,
        events.visitor_key,
        sessions.device_type,
        events.event_key,
        events.occurred_at as viewed_at
    from {{ ref('int_events__events') }} as events
    inner join {{ ref('int_journeys__session_events') }} as visits on events.event_key = visits.event_key
    inner join {{ ref('int_journeys__sessions') }} as sessions on visits.session_id = sessions.session_id
    inner join products on events.sku = products.sku
    where
        lower(replace(events.event_name, ' ', '_')) = 'product_viewed'
        and not events.is_bot and not events.is_test_host and sessions.customer_id is not null

),

-- The device that an order was completed on; a reloaded thank-you page tells it again.
checkouts as (

    select
        order_id,
        visitor_key,
        device_type
    from {{ ref('int_events__events') }}
    where lower(replace(event_name, ' ', '_')) = 'order_completed' and order_id is not null and not is_test_host
    qualify row_number() over (partition by order_id order by occurred_at asc nulls last, event_key asc nulls last) = 1

),

purchases as (

    select
        {{ bought | join(',\n        ') }},
        sum(lines.net_sales_amount) as net_sales_amount
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('fct_orders') }} as orders on lines.order_key = orders.order_key
    inner join products on lines.sku = products.sku
    left join checkouts on orders.order_id = checkouts.order_id and orders.channel <> 'store'
    where
        not (orders.is_test or orders.is_cancelled or orders.is_return or lines.is_gift_card)
        and orders.customer_id is not null
    group by {{ bought | join(', ') }}

),

viewed as (

    select
        purchases.order_key,
        purchases.product_key,
        count(*) as view_count,
        count(distinct views.visitor_key) as viewing_device_count,
        max(case when views.visitor_key = purchases.visitor_key then 1 else 0 end) as is_same_device,
        max_by(views.device_type, cast(views.viewed_at as string) || views.event_key) as viewing_device_type,
        max({{ epoch_seconds('ordered_at') }} - {{ epoch_seconds('viewed_at') }}) as seconds_to_purchase,
        min(views.viewed_at) as first_viewed_at,
        max(views.viewed_at) as last_viewed_at
    from purchases
    inner join views
        on
            purchases.customer_id = views.customer_id
            and purchases.product_key = views.product_key
            and purchases.ordered_at >= views.viewed_at
            and {{ epoch_seconds('purchases.ordered_at') }} - {{ epoch_seconds('views.viewed_at') }}
            <= 86400 * {{ journey_setting('product_view_days') }}
    group by purchases.order_key, purchases.product_key

),

fct_view_purchases as (

    select
        {{ surrogate_key(['purchases.order_key', 'purchases.product_key']) }} as view_purchase_key,
        {%- for column in ['order_key', 'product_key', 'product_title', 'customer_id', 'channel'] %}
            purchases.{{ column }},
        {%- endfor %}
        case
            when purchases.channel = 'store' then 'store'
            when purchases.visitor_key is null then 'unknown'
            when viewed.is_same_device = 1 then 'same_device'
            else 'other_device'
        end as purchase_place,
        viewed.viewing_device_type,
        purchases.device_type as purchase_device_type,
        viewed.view_count,
        viewed.viewing_device_count,
        viewed.seconds_to_purchase,
        purchases.currency_code,
        cast(purchases.net_sales_amount as decimal(18, 4)) as net_sales_amount,
        viewed.first_viewed_at,
        viewed.last_viewed_at,
        purchases.ordered_at,
        purchases.order_date
    from purchases
    inner join viewed on purchases.order_key = viewed.order_key and purchases.product_key = viewed.product_key

)

select * from fct_view_purchases
