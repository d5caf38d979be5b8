-- Money without tax and in the reporting currency, per line: gross (price x units as first sold) - discount - refunded
-- - removed (taken off by an edit, not by a refund) - cancelled (what was left when the whole order was cancelled)
-- = net sales. A gift card is money kept for later: its line has no sales, its value stands apart.
{%- set zero = 'cast(0 as decimal(18, 4))' %}
with order_lines as (

    {{ union_shape('order_lines') }}

),

orders as (

    select * from {{ ref('int_orders__headers') }}

),

refunds as (

    select
        order_line_key,
        cast(sum(quantity) as bigint) as refunded_quantity,
        cast(sum(subtotal_amount) as decimal(18, 4)) as refunded_amount
    from {{ ref('int_orders__refund_lines') }}
    group by order_line_key

),

converted as (

    select
        order_lines.order_line_key,
        order_lines.source_system,
        order_lines.order_key,
        order_lines.order_line_id,
        orders.record_key,
        coalesce(order_lines.variant_key, order_lines.source_system || ':sku-' || order_lines.sku) as variant_key,
        order_lines.sku,
        order_lines.product_title,
        orders.currency_code,
        orders.order_currency_code,
        orders.exchange_rate,
        orders.order_date,
        orders.is_test,
        orders.cancelled_at is not null as is_cancelled,
        order_lines.is_gift_card,
        order_lines.line_number,
        order_lines.quantity,
        coalesce(order_lines.current_quantity, order_lines.quantity) as current_quantity,
        coalesce(refunds.refunded_quantity, 0) as refunded_quantity,
        order_lines.unit_price,
        cast(order_lines.gross_amount - coalesce(order_lines.discount_amount, 0) as decimal(18, 4))
            as document_net_amount,
        {{ reported_amount(without_tax('order_lines.gross_amount', 'order_lines.tax_amount'), 'orders.exchange_rate') }}
            as line_amount,
        {{ reported_amount('coalesce(order_lines.discount_amount, 0)', 'orders.exchange_rate') }}
            as line_discount_amount,
        cast(line_amount - line_discount_amount as decimal(18, 4)) as line_net_amount,
        {{ reported_amount('coalesce(order_lines.tax_amount, 0)', 'orders.exchange_rate') }} as tax_amount,
        {{ amount_or_zero('refunds.refunded_amount', 'orders.exchange_rate') }} as line_refunded_amount
    from order_lines
    inner join orders on order_lines.order_key = orders.order_key
    left join refunds on order_lines.order_line_key = refunds.order_line_key

),

split as (

    select
        *,
        case when is_gift_card then {{ zero }} else line_amount end as gross_amount,
        case when is_gift_card then {{ zero }} else line_discount_amount end as discount_amount,
        case when is_gift_card then {{ zero }} else line_refunded_amount end as refunded_amount,
        case when is_gift_card then line_net_amount else {{ zero }} end as gift_card_amount,
        case
            when is_gift_card or is_cancelled or quantity - refunded_quantity <= current_quantity then {{ zero }}
            else {{ reported_amount(
                'line_net_amount * (quantity - refunded_quantity - current_quantity)', '1 / nullif(quantity, 0)'
            ) }}
        end as removed_amount,
        cast(gross_amount - discount_amount - refunded_amount - removed_amount as decimal(18, 4)) as kept_amount
    from converted

),

netted as (

    select
        {%- for column in [
            'order_line_key', 'source_system', 'order_key', 'order_line_id', 'record_key', 'variant_key', 'sku',
            'product_title', 'currency_code', 'order_currency_code', 'exchange_rate', 'order_date', 'is_test',
            'is_cancelled', 'is_gift_card', 'line_number', 'quantity', 'current_quantity', 'refunded_quantity',
            'unit_price', 'document_net_amount', 'gross_amount', 'discount_amount', 'refunded_amount', 'removed_amount'
        ] %}
            {{ column }},
        {%- endfor %}
        case when is_cancelled then kept_amount else {{ zero }} end as cancelled_amount,
        case when is_cancelled then {{ zero }} else kept_amount end as net_sales_amount,
        gift_card_amount,
        tax_amount
    from split

)

select * from netted
