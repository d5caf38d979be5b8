{# What Amazon's shapes must agree on, as a query over staging: the orders that are ours, and their items. A pending order
   is none yet: its payment is not authorised and it has no price. A cancelled one has no price, and so no currency, any
   more: it is in that of its marketplace. #}
{% macro amazon_orders() %}
select
    *,
    coalesce(currency_code, max(currency_code) over (partition by marketplace_id)) as order_currency_code,
    fulfilment_status = 'CANCELLED' as is_cancelled
from {{ ref('stg_amazon__orders') }}
where fulfilment_status not in ('PENDING', 'PENDING_AVAILABILITY')
{% endmacro %}

{# Items of the newest version of their order. One that was cancelled before the rest left is none any more; those of an
   order that was cancelled whole stay, without money. #}
{% macro amazon_order_items() %}
select
    items.*,
    orders.order_currency_code,
    orders.is_cancelled,
    orders.created_at
from {{ ref('stg_amazon__order_items') }} as items
inner join ({{ amazon_orders() }}) as orders
    on items.order_id = orders.order_id and items.order_updated_at = orders.updated_at
where orders.is_cancelled or items.quantity > 0 or items.cancelled_by is null
{% endmacro %}

{# The item of an order that has a SKU: money, returns and the ledger name the SKU alone. Where two items of an order have
   the same, the first one stands for both. #}
{% macro amazon_items_by_sku() %}
select
    order_id,
    sku,
    min(order_line_id) as order_line_id
from ({{ amazon_order_items() }}) as items
group by order_id, sku
{% endmacro %}

{# Where the stock lies: one pool, which the marketplace that was read shows. #}
{% macro amazon_location_key(marketplace_id) -%}
    'amazon:fba-' || {{ marketplace_id }}
{%- endmacro %}
