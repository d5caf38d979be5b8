-- The figures of the days from $first_date to $last_date, of orders placed up to $until_at (UTC). A return whose sale
-- nobody knows takes from net sales and is no order.
select
    sum(net_sales_amount) as net_sales_amount,
    count(case when not is_return then 1 end) as order_count,
    count(distinct case when not is_return then customer_id end) as customer_count,
    count(case when customer_id is not null and not is_first_order and not is_return then 1 end) as repeat_order_count,
    count(case when customer_id is null and not is_return then 1 end) as unknown_order_count
from fct_orders
where
    not is_test
    and not is_cancelled
    and order_date between $first_date and $last_date
    and ordered_at <= $until_at
