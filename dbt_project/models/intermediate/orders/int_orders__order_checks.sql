-- What an order states of itself against its own parts, as the vendor tells both, in the document's currency: what is
-- left over is 0 for a sound document, and null where the vendor states no such sum.
{%- set shapes = ['orders', 'order_lines', 'refunds'] %}
with
{%- for shape in shapes %}
    {{ shape }} as (

        {{ union_shape(shape) }}

    ),
{%- endfor %}

line_sums as (

    select
        order_key,
        sum(gross_amount - coalesce(discount_amount, 0)) as net_amount
    from order_lines
    group by order_key

),

refund_sums as (

    select
        order_key,
        sum(total_amount) as refunded_amount
    from refunds
    group by order_key

),

charges as (

    select
        order_key,
        sum(document_amount) as charged_amount
    from {{ ref('int_orders__order_adjustments') }}
    where adjustment_type in ('service_charge', 'rounding')
    group by order_key

),

checked as (

    select
        orders.order_key,
        orders.source_system,
        orders.currency_code,
        coalesce(orders.processed_at, orders.created_at) as occurred_at,
        line_sums.order_key is not null as has_lines,
        orders.financial_status = 'return_without_sale' as is_return,
        document_totals.total_amount - document_totals.subtotal_amount
        - coalesce(case when not orders.is_tax_included then orders.tax_amount end, 0)
        - coalesce(orders.shipping_amount, 0) - coalesce(orders.tip_amount, 0)
        - coalesce(charges.charged_amount, 0) as total_rest,
        document_totals.subtotal_amount - coalesce(line_sums.net_amount, 0) as subtotal_rest,
        document_totals.total_amount - document_totals.current_total_amount
        - coalesce(refund_sums.refunded_amount, 0) as refunds_rest,
        orders.total_amount - coalesce(refund_sums.refunded_amount, 0) as kept_amount,
        orders.total_amount
    from orders
    left join {{ ref('int_orders__documents') }} as document_totals
        on orders.order_key = document_totals.document_key and document_totals.document_type = 'order'
    left join line_sums on orders.order_key = line_sums.order_key
    left join refund_sums on orders.order_key = refund_sums.order_key
    left join charges on orders.order_key = charges.order_key

)

select * from checked
