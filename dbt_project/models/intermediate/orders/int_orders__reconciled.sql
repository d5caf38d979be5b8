-- Ours beside the vendor's, document by document, in the document's currency so that nothing is rounded. Ours: lines,
-- refunds' lines and payments, added up. Theirs: the totals that the documents state themselves, and the money that was
-- given back. flagged_amount is what documents leave over that do not add up themselves (int_orders__order_checks).
-- Test orders, and returns whose sale nobody knows but for their refunds, are on neither side.
{%- set measures = {
    'subtotal': ('orders.document_line_amount', '-checks.subtotal_rest'),
    'total': ('parts.total_amount', '-checks.subtotal_rest - checks.total_rest'),
    'current_total': (
        'parts.total_amount - coalesce(refunds.amount, 0)',
        'checks.refunds_rest - checks.subtotal_rest - checks.total_rest'
    ),
    'net_payment': ('coalesce(payments.amount, 0)', '0'),
} %}
with orders as (

    select * from {{ ref('int_orders__orders') }}
    where not is_test

),

{%- for name, model, condition in [
    ('adjustments', 'order_adjustments', "adjustment_type in ('shipping', 'tip', 'service_charge', 'rounding')"),
    ('payments', 'payments', 'is_settled'),
    ('refunds', 'refunds', 'true'),
] %}

    {{ name }} as (

        select
            order_key,
            sum({{ 'document_parts_amount' if name == 'refunds' else 'document_amount' }}) as amount
        from {{ ref('int_orders__' ~ model) }}
        where {{ condition }}
        group by order_key

    ),
{%- endfor %}

parts as (

    select
        orders.order_key,
        orders.document_line_amount + orders.document_added_tax_amount + coalesce(adjustments.amount, 0) as total_amount
    from orders
    left join adjustments on orders.order_key = adjustments.order_key

),

documents as (

    select * from {{ ref('int_orders__documents') }}
    where not is_test

),

compared as (

    {%- for measure, (ours, flagged) in measures.items() %}
        select
            '{{ measure }}' as measure,
            coalesce(orders.source_system, documents.source_system) as source_system,
            coalesce(orders.channel, documents.channel) as channel,
            coalesce(orders.order_date, documents.document_date) as document_date,
            coalesce(documents.created_date, orders.order_date) as other_date,
            coalesce(orders.order_currency_code, documents.document_currency_code) as order_currency_code,
            coalesce({{ ours }}, 0) as mart_amount,
            coalesce(documents.{{ measure }}_amount, 0) as document_amount,
            coalesce({{ flagged }}, 0) as flagged_amount
        from orders
        full join documents
            on orders.order_key = documents.document_key and documents.document_type = 'order'
        left join parts on orders.order_key = parts.order_key
        left join refunds on orders.order_key = refunds.order_key
        left join payments on orders.order_key = payments.order_key
        left join {{ ref('int_orders__order_checks') }} as checks on documents.document_key = checks.order_key
        where
            coalesce(documents.document_type, 'order') = 'order'
            and not coalesce(orders.is_return, false)
            and (documents.document_key is null or documents.{{ measure }}_amount is not null)
        union all
    {%- endfor %}
    select
        'refunds' as measure,
        refunds.source_system,
        orders.channel,
        refunds.refund_date as document_date,
        orders.order_date as other_date,
        refunds.order_currency_code,
        refunds.document_parts_amount as mart_amount,
        0 as document_amount,
        refunds.document_parts_amount - refunds.document_total_amount as flagged_amount
    from {{ ref('int_orders__refunds') }} as refunds
    inner join orders on refunds.order_key = orders.order_key
    union all
    select
        'refunds' as measure,
        source_system,
        channel,
        document_date,
        coalesce(order_date, document_date) as other_date,
        document_currency_code as order_currency_code,
        0 as mart_amount,
        total_amount as document_amount,
        0 as flagged_amount
    from documents
    where document_type = 'refund'

)

select * from compared
