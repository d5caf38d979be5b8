-- What customers bought, over their whole history. Net sales and returned goods hold returns whose sale nobody knows,
-- which are no orders. Of the margin only what is known (int_orders__margins).
with orders as (

    select
        orders.*,
        record_customers.customer_id
    from {{ ref('int_orders__orders') }} as orders
    inner join {{ ref('int_identity__record_customers') }} as record_customers
        on orders.record_key = record_customers.record_key
    where not orders.is_test and not orders.is_cancelled

),

margins as (

    select
        orders.customer_id,
        cast(sum(margins.costed_net_sales_amount) as decimal(18, 4)) as costed_net_sales_amount,
        cast(sum(margins.gross_margin_amount) as decimal(18, 4)) as gross_margin_amount
    from {{ ref('int_orders__margins') }} as margins
    inner join orders on margins.order_key = orders.order_key
    where not orders.is_return
    group by orders.customer_id

),

refunds as (

    select
        orders.customer_id,
        count(*) as refund_count
    from {{ ref('int_orders__refunds') }} as refunds
    inner join orders on refunds.order_key = orders.order_key
    where refunds.line_amount > 0 and not orders.is_return
    group by orders.customer_id

),

bought as (

    select
        customer_id,
        count(case when not is_return then 1 end) as order_count,
        count(case when is_return then 1 end) as unknown_return_count,
        sum(case when not is_return then gross_amount - discount_amount else 0 end) as sold_amount,
        sum(case when is_return then -net_sales_amount else refunded_line_amount end) as returned_amount,
        sum(net_sales_amount) as net_sales_amount,
        min(case when not is_return then order_date end) as first_order_date,
        max(case when not is_return then order_date end) as last_order_date
    from orders
    group by customer_id

),

customers as (

    select
        bought.customer_id,
        bought.order_count,
        bought.unknown_return_count + coalesce(refunds.refund_count, 0) as return_count,
        cast(bought.net_sales_amount as decimal(18, 4)) as net_sales_amount,
        cast(
            {{ safe_divide('bought.net_sales_amount', 'bought.order_count') }} as decimal(18, 4)
        ) as average_order_amount,
        margins.costed_net_sales_amount,
        margins.gross_margin_amount,
        cast(bought.returned_amount as decimal(18, 4)) as returned_amount,
        cast({{ safe_divide('bought.returned_amount', 'bought.sold_amount') }} as decimal(18, 6)) as return_rate,
        bought.first_order_date,
        bought.last_order_date
    from bought
    left join margins on bought.customer_id = margins.customer_id
    left join refunds on bought.customer_id = refunds.customer_id

)

select * from customers
