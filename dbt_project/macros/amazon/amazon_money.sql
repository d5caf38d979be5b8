{# Whether a part of a transaction is between Amazon and the seller, and no business of the buyer's: fees of every kind,
   also where Amazon writes its words with spaces or puts them below Expenses. #}
{% macro is_amazon_fee(part) -%}
    (
        replace(lower({{ part }}), ' ', '') like '%amazonfees%'
        or replace(lower({{ part }}), ' ', '') like 'expenses%'
        or replace(lower({{ part }}), ' ', '') like '%commission%'
    )
{%- endmacro %}

{# One row per item of a transaction of an order that is ours, with what the buyer paid for it or got back (below zero):
   goods after discounts, shipping, tax. #}
{% macro amazon_transaction_items() %}
select
    lines.transaction_id,
    lines.item_number,
    transactions.order_id,
    transactions.transaction_type,
    transactions.posted_at,
    max(lines.sku) as sku,
    max(lines.quantity) as quantity,
    max(lines.currency_code) as currency_code,
    {%- for column, condition in [
        ('tax', "is_tax"), ('shipping', 'is_shipping and not is_tax'), ('goods', 'not is_shipping and not is_tax')
    ] %}
        cast(sum(case when {{ condition }} then lines.amount else 0 end) as decimal(18, 4)) as {{ column }}_amount,
    {%- endfor %}
    cast(sum(lines.amount) as decimal(18, 4)) as charged_amount
from (
    select
        *,
        lower(part) like '%tax%' as is_tax,
        lower(part) like '%shipping%' as is_shipping
    from {{ ref('stg_amazon__transaction_lines') }}
    where not {{ is_amazon_fee('part') }}
) as lines
inner join {{ ref('stg_amazon__transactions') }} as transactions on lines.transaction_id = transactions.transaction_id
where
    transactions.order_id in (select orders.order_id from ({{ amazon_orders() }}) as orders)
    and transactions.transaction_type in ('Shipment', 'Refund')
group by
    lines.transaction_id, lines.item_number, transactions.order_id, transactions.transaction_type,
    transactions.posted_at
{% endmacro %}
