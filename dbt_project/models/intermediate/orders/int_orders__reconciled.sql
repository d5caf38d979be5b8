-- Ours beside the vendor's, document by document, in the document's currency so that nothing is rounded. Ours: lines,
-- refunds' lines and payments, added up. Theirs: the totals that the documents state themselves, and the money that was
-- given back. flagged_amount is what documents leave over that do not add up themselves (int_orders__order_checks).
-- Test orders, and returns whose sale nobody knows but for their refunds, are on neither side.
{%- set flagged = {
    'subtotal': '-checks.subtotal_rest',
    'total': '-checks.subtotal_rest - checks.total_rest',
    'current_total': 'checks.refunds_rest - checks.subtotal_rest - checks.total_rest',
    'net_payment': '0 * checks.total_rest',
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

summed as (

    select
        orders.*,
        orders.document_line_amount as subtotal_sum,
        orders.document_line_amount + orders.document_added_tax_amount + coalesce(adjustments.amount, 0) as total_sum,
        orders.document_line_amount + orders.document_added_tax_amount + coalesce(adjustments.amount, 0)
        - coalesce(refunds.amount, 0) as current_total_sum,
        coalesce(payments.amount, 0) as net_payment_sum
    from orders
    left join adjustments on orders.order_key = adjustments.order_key
    left join refunds on orders.order_key = refunds.order_key
    left join payments on orders.order_key = payments.order_key

),

documents as (

    select * from {{ ref('int_orders__documents') }}
    where not is_test

),

-- Apart, for a join on more than keys would compare each order with each document.
order_documents as (

    select * from documents
    where document_type = 'order'

),

compared as (

    {%- for measure, rest in flagged.items() %}
        select
            '{{ measure }}' as measure,
            coalesce(summed.source_system, documents.source_system) as source_system,
            coalesce(summed.channel, documents.channel) as channel,
            coalesce(summed.order_date, documents.document_date) as document_date,
            coalesce(documents.created_date, summed.order_date) as other_date,
            coalesce(summed.order_currency_code, documents.document_currency_code) as order_currency_code,
            coalesce(summed.{{ measure }}_sum, 0) as mart_amount,
            coalesce(documents.{{ measure }}_amount, 0) as document_amount,
            coalesce({{ rest }}, 0) as flagged_amount
        from summed
        full join order_documents as documents on summed.order_key = documents.document_key
        left join {{ ref('int_orders__order_checks') }} as checks on documents.document_key = checks.order_key
        where
            not coalesce(summed.is_return, false)
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
