-- One refund has two dates that reports use: its own, and that of the order it takes back.
with refunds as (

    {{ union_shape('refunds') }}

),

orders as (

    select * from {{ ref('int_orders__headers') }}

),

lines as (

    select
        refund_key,
        cast(sum(quantity) as bigint) as refunded_quantity,
        cast(sum(subtotal_amount) as decimal(18, 4)) as line_amount,
        cast(sum(tax_amount) as decimal(18, 4)) as tax_amount,
        cast(sum(document_amount) as decimal(18, 4)) as document_line_amount
    from {{ ref('int_orders__refund_lines') }}
    group by refund_key

),

converted as (

    select
        refunds.refund_key,
        refunds.source_system,
        refunds.order_key,
        refunds.refund_id,
        orders.currency_code,
        orders.order_currency_code,
        orders.exchange_rate,
        coalesce(lines.refunded_quantity, 0) as refunded_quantity,
        {{ amount_or_zero('lines.line_amount', 'orders.exchange_rate') }} as line_amount,
        {{ amount_or_zero('lines.tax_amount', 'orders.exchange_rate') }} as tax_amount,
        {{ reported_amount('coalesce(refunds.shipping_amount, 0)', 'orders.exchange_rate') }} as shipping_amount,
        {{ reported_amount('coalesce(refunds.adjustment_amount, 0)', 'orders.exchange_rate') }} as adjustment_amount,
        {{ reported_amount('refunds.total_amount', 'orders.exchange_rate') }} as total_amount,
        refunds.total_amount as document_total_amount,
        cast(
            coalesce(lines.document_line_amount, 0) + coalesce(refunds.shipping_amount, 0)
            + coalesce(refunds.adjustment_amount, 0) as decimal(18, 4)
        ) as document_parts_amount,
        refunds.created_at,
        refunds.processed_at,
        refunds.updated_at,
        {{ to_reporting_date('refunds.processed_at') }} as refund_date,
        orders.order_date
    from refunds
    inner join orders on refunds.order_key = orders.order_key
    left join lines on refunds.refund_key = lines.refund_key

)

select * from converted
