-- What the browser in which an order was made can tell ad platforms: itself, the shop's host (nothing else of the
-- page's address), and the click of each platform with which the customer last arrived before the order.
{{ config(materialized='view') }}
with orders as (

    select
        orders.order_key,
        orders.order_id,
        orders.ordered_at,
        record_customers.customer_id
    from {{ ref('int_orders__orders') }} as orders
    left join {{ ref('int_identity__record_customers') }} as record_customers
        on orders.record_key = record_customers.record_key
    where orders.channel in ('online', 'app')

),

sessions as (

    select * from {{ ref('int_journeys__sessions') }}
    where click_id_type in ('fbclid', 'gclid', 'ttclid') and coalesce(has_advertising_consent, true)

),

last_clicks as (

    select
        orders.order_key,
        sessions.click_id_type,
        sessions.click_id,
        sessions.started_at
    from orders
    inner join sessions
        on
            orders.customer_id = sessions.customer_id
            and orders.ordered_at >= sessions.started_at
            and {{ dbt.dateadd('day', '-' ~ var('conversions').click_lookback_days, 'orders.ordered_at') }}
            <= sessions.started_at
    qualify row_number() over (
        partition by orders.order_key, sessions.click_id_type
        order by sessions.started_at desc nulls last, sessions.session_id asc nulls last
    ) = 1

),

clicks as (

    select
        order_key,
        max(case when click_id_type = 'fbclid' then click_id end) as fbclid,
        max(case when click_id_type = 'fbclid' then started_at end) as fbclid_at,
        max(case when click_id_type = 'gclid' then click_id end) as gclid,
        max(case when click_id_type = 'gclid' then started_at end) as gclid_at,
        max(case when click_id_type = 'ttclid' then click_id end) as ttclid,
        max(case when click_id_type = 'ttclid' then started_at end) as ttclid_at
    from last_clicks
    group by order_key

),

-- A page that is loaded twice tells of the order twice.
pages as (

    select
        order_id,
        min(page_host) as page_host,
        min(user_agent) as user_agent
    from {{ ref('int_events__events') }}
    where order_id is not null and not is_bot and not is_test_host
    group by order_id

),

browsers as (

    select
        orders.order_key,
        clicks.fbclid,
        clicks.fbclid_at,
        clicks.gclid,
        clicks.gclid_at,
        clicks.ttclid,
        clicks.ttclid_at,
        pages.page_host,
        pages.user_agent
    from orders
    left join clicks on orders.order_key = clicks.order_key
    left join pages on orders.order_id = pages.order_id
    where clicks.order_key is not null or pages.order_id is not null

)

select * from browsers
