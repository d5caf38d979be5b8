-- Somebody to begin with, for who knows no id by heart.
select
    customer_id,
    country_code,
    region_code,
    order_count,
    net_sales_amount,
    last_order_date
from dim_customers
order by net_sales_amount desc, customer_id asc
limit 100
