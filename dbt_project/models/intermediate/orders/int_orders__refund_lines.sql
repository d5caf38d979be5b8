-- Amounts without tax and in the reporting currency. Where prices contain tax, the vendor's subtotal does too.
with refund_lines as (

    {{ union_shape('refund_lines') }}

),

orders as (

    select * from {{ ref('int_orders__headers') }}

),

converted as (

    select
        refund_lines.refund_line_key,
        refund_lines.source_system,
        refund_lines.refund_key,
        refund_lines.order_key,
        refund_lines.order_line_key,
        refund_lines.location_key,
        refund_lines.restock_type,
        refund_lines.return_reason,
        refund_lines.is_exchange,
        orders.currency_code,
        orders.order_currency_code,
        orders.exchange_rate,
        refund_lines.quantity,
        refund_lines.is_restocked,
        cast(
            refund_lines.subtotal_amount
            + case when orders.is_tax_included then 0 else coalesce(refund_lines.tax_amount, 0) end as decimal(18, 4)
        ) as document_amount,
        {{ reported_amount(
            without_tax('refund_lines.subtotal_amount', 'refund_lines.tax_amount'), 'orders.exchange_rate'
        ) }} as subtotal_amount,
        {{ reported_amount('coalesce(refund_lines.tax_amount, 0)', 'orders.exchange_rate') }} as tax_amount
    from refund_lines
    inner join orders on refund_lines.order_key = orders.order_key

)

select * from converted
