-- Catches lines that an order's join dropped or repeated: the two facts must tell the same sales, order by order.
with lines as (

    select
        order_key,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(refunded_amount) as refunded_amount,
        sum(net_sales_amount) as net_sales_amount
    from {{ ref('fct_order_lines') }}
    group by order_key

),

orders as (

    select * from {{ ref('fct_orders') }}

)

select
    orders.order_key,
    orders.net_sales_amount,
    lines.net_sales_amount as net_sales_of_lines
from orders
full join lines on orders.order_key = lines.order_key
where
    orders.order_key is null
    or coalesce(lines.gross_amount, 0) <> orders.gross_amount
    or coalesce(lines.discount_amount, 0) <> orders.discount_amount
    or coalesce(lines.refunded_amount, 0) <> orders.refunded_line_amount
    or coalesce(lines.net_sales_amount, 0) <> orders.net_sales_amount
