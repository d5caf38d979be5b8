-- Sums of money need is_settled and not is_test. Revenue is not here: it is in the lines, whoever has paid by when.
with payments as (

    select * from {{ ref('int_orders__payments') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

fct_payments as (

    select
        payments.payment_key,
        payments.source_system,
        payments.order_key,
        record_customers.customer_id,
        payments.channel,
        payments.location_key,
        payments.payment_type,
        payments.payment_status,
        payments.gateway,
        payments.payment_currency_code,
        payments.currency_code,
        payments.document_amount,
        payments.amount as payment_amount,
        payments.is_gift_card,
        payments.is_settled,
        payments.is_test,
        payments.processed_at,
        payments.payment_date,
        payments.order_date
    from payments
    left join record_customers on payments.record_key = record_customers.record_key

)

select * from fct_payments
