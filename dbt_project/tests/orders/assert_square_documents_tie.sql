-- Catches payments or refunds missing from what was landed, and returned money told twice: what an order of Square's
-- took in less what it gave back must be its total less its returns, to the cent. (That its lines and returned lines
-- make its totals is for fct_order_reconciliation and fct_data_quality_issues.)
with orders as (

    select * from {{ ref('stg_square__orders') }}
    where order_state = 'COMPLETED'

),

returns as (

    select
        order_id,
        order_updated_at,
        sum(total_amount) as returned_amount
    from {{ ref('stg_square__order_returns') }}
    group by order_id, order_updated_at

),

payments as (

    select
        order_id,
        sum(total_amount) as paid_amount
    from {{ ref('stg_square__payments') }}
    where payment_status = 'COMPLETED'
    group by order_id

),

refunds as (

    select
        order_id,
        sum(amount) as refunded_amount
    from {{ ref('stg_square__refunds') }}
    where refund_status in ('PENDING', 'COMPLETED')
    group by order_id

),

-- Payments are read from the start date on: of an older order they are not all there.
first_payments as (

    select min(created_at) as first_paid_at from {{ ref('stg_square__payments') }}

),

compared as (

    select
        orders.order_id,
        orders.total_amount,
        returns.returned_amount,
        coalesce(payments.paid_amount, 0) as paid_amount,
        case when returns.order_id is not null then coalesce(refunds.refunded_amount, 0) else 0 end as refunded_amount
    from orders
    inner join first_payments on orders.created_at >= first_payments.first_paid_at
    left join returns on orders.order_id = returns.order_id and orders.updated_at = returns.order_updated_at
    left join payments on orders.order_id = payments.order_id
    left join refunds on orders.order_id = refunds.order_id

)

-- A refund of money alone stands on the sale, which stays what it was.
select *
from compared
where total_amount - coalesce(returned_amount, 0) <> paid_amount - refunded_amount
