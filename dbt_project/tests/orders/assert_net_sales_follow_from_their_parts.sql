-- Catches a change of one amount that the others did not follow, a cancelled order that still sells, and refunds of
-- more than was sold: net sales must not be negative.
with orders as (

    select * from {{ ref('fct_orders') }}

)

select
    order_key,
    net_sales_amount
from orders
where
    net_sales_amount
    <> gross_amount - discount_amount - refunded_line_amount - removed_amount - cancelled_amount
    or net_sales_amount < 0
    or (is_cancelled and net_sales_amount <> 0)
