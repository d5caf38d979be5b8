select
    orders.order_key,
    orders.order_name,
    orders.channel,
    locations.location_name,
    case when orders.is_test then 'test order' else orders.order_status end as order_status,
    orders.quantity,
    orders.net_sales_amount,
    orders.total_amount,
    orders.refunded_amount,
    orders.ordered_at
from fct_orders as orders
left join dim_locations as locations on orders.location_key = locations.location_key
where orders.customer_id = $customer_id
order by orders.ordered_at desc nulls last, orders.order_key asc
