-- The figures of the days from $first_date to $last_date, of orders placed up to $until_at (UTC).
select
    sum(net_sales_amount) as net_sales_amount,
    count(*) as order_count,
    count(distinct customer_id) as customer_count,
    count(case when customer_id is not null and not is_first_order then 1 end) as repeat_order_count,
    count(case when customer_id is null then 1 end) as unknown_order_count
from fct_orders
where
    not is_test
    and not is_cancelled
    and order_date between $first_date and $last_date
    and ordered_at <= $until_at
