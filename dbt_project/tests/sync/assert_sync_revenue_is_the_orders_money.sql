-- Catches money that is counted twice or lost between operations and orders: an order whose parts are not its net sales
-- and margin to the cent, and an operation that is missing.
with parts as (

    select
        order_key,
        sum(net_sales_amount) as net_sales_amount,
        sum(margin_amount) as margin_amount
    from {{ ref('fct_sync_revenue') }}
    where order_key is not null
    group by order_key

),

orders as (

    select * from {{ ref('fct_orders') }}
    where not is_test

),

operations as (

    select distinct sync_record_key from {{ ref('fct_sync_revenue') }}

)

select coalesce(orders.order_key, parts.order_key) as wrong_key
from orders
full join parts on orders.order_key = parts.order_key
where
    orders.order_key is null
    or parts.order_key is null
    or coalesce(orders.net_sales_amount, 0) <> coalesce(parts.net_sales_amount, 0)
    or coalesce(orders.margin_amount, 0) <> coalesce(parts.margin_amount, 0)

union all

select records.sync_record_key as wrong_key
from {{ ref('fct_sync_records') }} as records
left join operations on records.sync_record_key = operations.sync_record_key
where records.action = 'add' and records.status <> 'rejected' and operations.sync_record_key is null
