-- The orders and refunds that ad platforms may be told of, one row per event and use that its customer agreed to. A
-- purchase has the order's own id, as the shop's pixel gives it, so that a platform counts both as one. What is taken
-- back is an event of its own: each refund, and what was left of an order when it was cancelled. An order of a
-- marketplace or one that the staff wrote up was not made on the shop's site, in its app or in its stores: left out.
with orders as (

    select
        *,
        case channel when 'online' then 'website' when 'app' then 'app' when 'store' then 'store' end as action_source
    from {{ ref('fct_orders') }}
    where not is_test and not is_return and customer_id is not null

),

browsers as (

    select * from {{ ref('int_journeys__order_browsers') }}

),

happenings as (

    select
        order_key,
        order_id as event_id,
        'purchase' as conversion_kind,
        ordered_at as occurred_at,
        total_amount as value_amount
    from orders
    where not is_cancelled
    union all
    select
        order_key,
        'refund-' || refund_id as event_id,
        'refund' as conversion_kind,
        refunded_at as occurred_at,
        total_amount as value_amount
    from {{ ref('fct_refunds') }}
    where total_amount is null or total_amount > 0
    union all
    select
        order_key,
        'cancel-' || order_id as event_id,
        'refund' as conversion_kind,
        cancelled_at as occurred_at,
        total_amount - coalesce(refunded_amount, 0) as value_amount
    from orders
    where is_cancelled and (total_amount is null or total_amount > coalesce(refunded_amount, 0))

),

candidates as (

    select
        happenings.event_id,
        orders.order_id as purchase_event_id,
        orders.order_key,
        orders.customer_id,
        happenings.conversion_kind,
        orders.action_source,
        happenings.occurred_at,
        cast(happenings.value_amount as decimal(18, 4)) as value_amount,
        orders.currency_code,
        case when orders.action_source = 'store' then orders.location_key end as store_id,
        browsers.fbclid,
        browsers.fbclid_at,
        browsers.gclid,
        browsers.gclid_at,
        browsers.ttclid,
        browsers.ttclid_at,
        browsers.page_host,
        browsers.user_agent
    from happenings
    inner join orders on happenings.order_key = orders.order_key
    left join browsers on happenings.order_key = browsers.order_key
    where orders.action_source is not null

)

select * from {{ eligible_members('candidates') }}
