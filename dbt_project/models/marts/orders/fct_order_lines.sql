with order_lines as (

    select * from {{ ref('int_orders__line_margins') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

fct_order_lines as (

    select
        order_lines.order_line_key,
        order_lines.source_system,
        order_lines.order_key,
        order_lines.order_line_id,
        record_customers.customer_id,
        order_lines.variant_key,
        order_lines.sku,
        order_lines.product_title,
        order_lines.order_currency_code,
        order_lines.currency_code,
        order_lines.line_number,
        order_lines.quantity,
        order_lines.current_quantity,
        order_lines.refunded_quantity,
        order_lines.unit_price,
        order_lines.gross_amount,
        order_lines.discount_amount,
        order_lines.refunded_amount,
        order_lines.removed_amount,
        order_lines.cancelled_amount,
        order_lines.net_sales_amount,
        order_lines.gift_card_amount,
        order_lines.tax_amount,
        order_lines.document_net_amount,
        order_lines.unit_cost,
        order_lines.cost_amount,
        order_lines.margin_amount,
        order_lines.missing_margin_reason,
        order_lines.is_gift_card,
        order_lines.is_test,
        order_lines.is_cancelled,
        order_lines.order_date
    from order_lines
    left join record_customers on order_lines.record_key = record_customers.record_key

)

select * from fct_order_lines
