-- What is wrong with the documents themselves, one row each with its reason: nothing is left out of the facts for
-- it, or counted as zero. All but the currency is judged on the vendors' own figures, in the document's currency, so
-- an error of ours can't hide here. Lines, refunds and payments whose order was never read are in no fact: they are
-- only here.
{%- set shapes = ['order_lines', 'refunds', 'refund_lines', 'payments', 'fulfilments'] %}
with
{%- for shape in shapes %}
    {{ shape }} as (

        {{ union_shape(shape) }}

    ),
{%- endfor %}

headers as (
    select * from {{ ref('int_orders__headers') }}
),

found as (

    {%- for issue_type, amount, condition in [
        ('order_parts_do_not_add_up', 'total_rest', 'total_rest <> 0'),
        ('order_lines_do_not_add_up', 'subtotal_rest', 'subtotal_rest <> 0'),
        ('order_refunds_do_not_add_up', 'refunds_rest', 'refunds_rest <> 0'),
        ('order_without_lines', 'total_amount', 'not has_lines and not is_return'),
        ('refunded_more_than_paid', '-kept_amount', 'kept_amount < 0 and not is_return'),
    ] %}
        select
            '{{ issue_type }}' as issue_type,
            source_system,
            order_key as document_key,
            order_key,
            currency_code,
            {{ amount }} as amount,
            occurred_at
        from {{ ref('int_orders__order_checks') }}
        where {{ condition }}
        union all
    {%- endfor %}
    select
        'unknown_currency' as issue_type,
        source_system,
        order_key as document_key,
        order_key,
        order_currency_code as currency_code,
        total_amount as amount,
        coalesce(processed_at, created_at) as occurred_at
    from headers
    where exchange_rate is null
    union all
    select
        case when headers.order_key is null then 'line_without_order' else 'line_without_product' end as issue_type,
        order_lines.source_system,
        order_lines.order_line_key as document_key,
        order_lines.order_key,
        order_lines.currency_code,
        order_lines.gross_amount - coalesce(order_lines.discount_amount, 0) as amount,
        headers.processed_at as occurred_at
    from order_lines
    left join headers on order_lines.order_key = headers.order_key
    where
        headers.order_key is null
        or (order_lines.variant_key is null and order_lines.sku is null and not order_lines.is_gift_card)
    union all
    select
        'refund_line_without_line' as issue_type,
        refund_lines.source_system,
        refund_lines.refund_line_key as document_key,
        refund_lines.order_key,
        refund_lines.currency_code,
        refund_lines.subtotal_amount as amount,
        cast(null as timestamp) as occurred_at
    from refund_lines
    left join order_lines on refund_lines.order_line_key = order_lines.order_line_key
    where order_lines.order_line_key is null
    union all
    select
        'refund_parts_do_not_add_up' as issue_type,
        source_system,
        refund_key as document_key,
        order_key,
        order_currency_code as currency_code,
        document_total_amount - document_parts_amount as amount,
        processed_at as occurred_at
    from {{ ref('int_orders__refunds') }}
    where document_total_amount <> document_parts_amount
    {%- for shape, key, amount, moment in [
        ('refunds', 'refund_key', 'refunds.total_amount', 'processed_at'),
        ('payments', 'payment_key', 'payments.amount', 'processed_at'),
        ('fulfilments', 'fulfilment_key', 'null', 'created_at'),
    ] %}
        union all
        select
            '{{ shape[:-1] }}_without_order' as issue_type,
            {{ shape }}.source_system,
            {{ shape }}.{{ key }} as document_key,
            {{ shape }}.order_key,
            {{ 'cast(null as string)' if shape == 'fulfilments' else shape ~ '.currency_code' }} as currency_code,
            {{ amount }} as amount,
            {{ shape }}.{{ moment }} as occurred_at
        from {{ shape }}
        left join headers on {{ shape }}.order_key = headers.order_key
        where headers.order_key is null
    {%- endfor %}

),

issues as (

    select
        {{ surrogate_key(['issue_type', 'document_key']) }} as issue_key,
        found.*,
        cast(amount as decimal(18, 4)) as issue_amount
    from found

)

select * from issues
