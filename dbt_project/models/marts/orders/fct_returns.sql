with returns as (

    select * from {{ ref('int_orders__returns') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

fct_returns as (

    select
        returns.refund_line_key,
        returns.source_system,
        returns.refund_key,
        returns.order_key,
        returns.order_line_key,
        record_customers.customer_id,
        returns.variant_key,
        returns.sku,
        returns.product_title,
        returns.channel,
        returns.location_key,
        returns.return_location_key,
        returns.return_reason,
        returns.restock_type,
        returns.order_currency_code,
        returns.currency_code,
        returns.quantity,
        returns.subtotal_amount as line_amount,
        returns.tax_amount,
        returns.is_restocked,
        returns.is_exchange,
        returns.is_returned_in_store,
        returns.is_other_location,
        returns.is_test,
        returns.returned_at,
        returns.refund_date,
        returns.order_date
    from returns
    left join record_customers on returns.record_key = record_customers.record_key

)

select * from fct_returns
