-- Catches a change of one amount that the others did not follow, a cancelled order that still sells, and refunds of
-- more than was sold: net sales must not be negative, but for what came back without its sale
-- (a line of no units) and for documents that are listed as faulty.
with orders as (

    select * from {{ ref('fct_orders') }}

),

lines as (

    select * from {{ ref('fct_order_lines') }}

)

select
    order_key,
    net_sales_amount
from orders
where
    net_sales_amount
    <> gross_amount - discount_amount - refunded_line_amount - removed_amount - cancelled_amount
    or (is_cancelled and net_sales_amount <> 0)
union all
select
    order_line_key as order_key,
    net_sales_amount
from lines
where
    net_sales_amount < 0 and quantity > 0
    and exists (
        select 1 from orders
        where orders.order_key = lines.order_key and not orders.has_issue
    )
