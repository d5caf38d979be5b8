-- Catches an order that a customer mart lost or counted twice: a join that multiplies, a customer missing, a test or
-- cancelled order in one mart and not in another. Orders and net sales of all marts, against those of fct_orders whose
-- customer is known.
with orders as (

    select
        count(case when customer_order_number is not null then 1 end) as order_count,
        count(case when is_new_customer then 1 end) as new_customer_count,
        coalesce(sum(net_sales_amount), 0) as net_sales_amount,
        coalesce(sum(case when customer_order_number is not null then net_sales_amount end), 0)
            as order_net_sales_amount
    from {{ ref('fct_orders') }}
    where not is_test and not is_cancelled and customer_id is not null

),

customers as (

    select
        coalesce(sum(order_count), 0) as order_count,
        count(case when order_count > 0 then 1 end) as buyer_count,
        coalesce(sum(net_sales_amount), 0) as net_sales_amount,
        coalesce(sum(case when order_count > 0 then net_sales_amount end), 0) as buyer_net_sales_amount
    from {{ ref('dim_customers') }}

),

valued as (

    select
        coalesce(sum(order_count), 0) as order_count,
        count(*) as buyer_count,
        coalesce(sum(net_sales_amount), 0) as net_sales_amount
    from {{ ref('fct_customer_value') }}

),

cohorts as (

    select
        coalesce(sum(order_count), 0) as order_count,
        coalesce(sum(case when month_number = 0 then customer_count end), 0) as buyer_count,
        coalesce(sum(net_sales_amount), 0) as net_sales_amount
    from {{ ref('fct_customer_cohorts') }}
    where identity_basis = 'customer'

),

channels as (

    select coalesce(sum(order_count), 0) as order_count
    from {{ ref('bridge_customer_channels') }}

)

select
    orders.*,
    customers.order_count as customers_order_count,
    valued.order_count as valued_order_count,
    cohorts.order_count as cohorts_order_count,
    channels.order_count as channels_order_count
from orders
cross join customers
cross join valued
cross join cohorts
cross join channels
where
    customers.order_count <> orders.order_count
    or valued.order_count <> orders.order_count
    or cohorts.order_count <> orders.order_count
    or channels.order_count <> orders.order_count
    or customers.buyer_count <> orders.new_customer_count
    or valued.buyer_count <> orders.new_customer_count
    or cohorts.buyer_count <> orders.new_customer_count
    or customers.net_sales_amount <> orders.net_sales_amount
    or valued.net_sales_amount <> customers.buyer_net_sales_amount
    or cohorts.net_sales_amount <> orders.order_net_sales_amount
