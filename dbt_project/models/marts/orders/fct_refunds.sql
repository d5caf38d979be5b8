-- Both conventions of dating a refund: refund_date is its own day, order_date that of the sale it takes back.
with refunds as (

    select * from {{ ref('int_orders__refunds') }}

),

orders as (

    select * from {{ ref('int_orders__orders') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

fct_refunds as (

    select
        refunds.refund_key,
        refunds.source_system,
        refunds.order_key,
        refunds.refund_id,
        record_customers.customer_id,
        orders.channel,
        refunds.order_currency_code,
        refunds.currency_code,
        refunds.refunded_quantity,
        refunds.line_amount,
        refunds.tax_amount,
        refunds.shipping_amount,
        refunds.adjustment_amount,
        refunds.total_amount,
        orders.is_test,
        orders.is_cancelled,
        refunds.processed_at as refunded_at,
        refunds.refund_date,
        refunds.order_date
    from refunds
    inner join orders on refunds.order_key = orders.order_key
    left join record_customers on orders.record_key = record_customers.record_key

)

select * from fct_refunds
