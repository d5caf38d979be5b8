-- Catches lines or refunds missing from what was landed: Shopify's own subtotal and refunded total of an order must be
-- the sums of the lines and refunds that we have, to the cent.
with orders as (

    select * from {{ ref('stg_shopify__orders') }}

),

lines as (

    select
        order_id,
        sum(quantity * original_unit_price - discount_amount) as subtotal_amount
    from {{ ref('stg_shopify__order_lines') }}
    group by order_id

),

refunds as (

    select
        order_id,
        sum(total_amount) as refunded_amount
    from {{ ref('stg_shopify__refunds') }}
    group by order_id

)

select
    orders.order_id,
    orders.subtotal_amount,
    lines.subtotal_amount as subtotal_of_lines,
    orders.refunded_amount,
    refunds.refunded_amount as sum_of_refunds
from orders
left join lines on orders.order_id = lines.order_id
left join refunds on orders.order_id = refunds.order_id
where
    orders.subtotal_amount <> coalesce(lines.subtotal_amount, 0)
    or orders.refunded_amount <> coalesce(refunds.refunded_amount, 0)
