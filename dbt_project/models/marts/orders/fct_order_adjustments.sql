with order_adjustments as (

    select * from {{ ref('int_orders__order_adjustments') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

fct_order_adjustments as (

    select
        order_adjustments.order_adjustment_key,
        order_adjustments.source_system,
        order_adjustments.order_key,
        order_adjustments.order_line_key,
        record_customers.customer_id,
        order_adjustments.channel,
        order_adjustments.adjustment_type,
        order_adjustments.discount_code,
        order_adjustments.description,
        order_adjustments.order_currency_code,
        order_adjustments.currency_code,
        order_adjustments.document_amount,
        order_adjustments.amount as adjustment_amount,
        order_adjustments.is_test,
        order_adjustments.is_cancelled,
        order_adjustments.occurred_at,
        order_adjustments.adjustment_date,
        order_adjustments.order_date
    from order_adjustments
    left join record_customers on order_adjustments.record_key = record_customers.record_key

)

select * from fct_order_adjustments
