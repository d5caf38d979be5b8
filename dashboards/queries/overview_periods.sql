-- Sales by period ($grain: day, week or month) and sales channel. Customers of two channels count in both.
select
    cast(date_trunc($grain, order_date) as date) as period_date,
    channel,
    sum(net_sales_amount) as net_sales_amount,
    count(case when not is_return then 1 end) as order_count,
    count(distinct case when not is_return then customer_id end) as customer_count
from fct_orders
where
    not is_test
    and not is_cancelled
    and order_date between $first_date and $last_date
group by period_date, channel
order by period_date asc, channel asc
