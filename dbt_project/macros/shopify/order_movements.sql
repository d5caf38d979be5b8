{# What orders, parcels and refunds say of Shopify's stock; reads staging only (shp_shopify__inventory_movements).

   An order asks for its units where its fulfilment order lies, and from then on (what an edit puts in later has one of its
   own): they stay on hand and are available no more (commitment),
   until they leave (sale) or are taken out before (release: restock type CANCEL). The moment of a sale is that of the
   parcel from that place (of several, the last). What was taken out is missing from its fulfilment order line, so it is
   added to the first one of the line. #}
{% macro shopify_order_movements() -%}
with order_lines as (

    select
        lines.order_line_id,
        lines.order_id,
        lines.variant_id,
        lines.sku,
        lines.quantity,
        orders.created_at
    from {{ ref('stg_shopify__order_lines') }} as lines
    inner join {{ ref('stg_shopify__orders') }} as orders on lines.order_id = orders.order_id
    where not coalesce(lines.is_gift_card, false) and not coalesce(orders.is_test, false)

),

parcels as (

    select *
    from {{ ref('stg_shopify__fulfillments') }}
    where fulfilment_status = 'SUCCESS'
    qualify row_number() over (
        partition by order_id, location_id order by created_at desc nulls last, fulfilment_id asc nulls last
    ) = 1

),

placed as (

    select
        fulfilment_order_lines.fulfilment_order_line_id,
        fulfilment_orders.location_id,
        coalesce(fulfilment_orders.created_at, order_lines.created_at) as asked_at,
        order_lines.*,
        fulfilment_order_lines.total_quantity - fulfilment_order_lines.remaining_quantity as sent_quantity,
        case when row_number() over (
            partition by order_lines.order_line_id order by fulfilment_order_lines.fulfilment_order_line_id asc nulls last
        ) = 1 then order_lines.quantity - sum(fulfilment_order_lines.total_quantity) over (
            partition by order_lines.order_line_id
        ) + fulfilment_order_lines.total_quantity else fulfilment_order_lines.total_quantity end as asked_quantity
    from {{ ref('stg_shopify__fulfillment_order_lines') }} as fulfilment_order_lines
    inner join {{ ref('stg_shopify__fulfillment_orders') }} as fulfilment_orders
        on fulfilment_order_lines.fulfilment_order_id = fulfilment_orders.fulfilment_order_id
    inner join order_lines on fulfilment_order_lines.order_line_id = order_lines.order_line_id

)

select
    'commitment-' || fulfilment_order_line_id as movement_id,
    'order-' || order_id as document_id,
    order_line_id,
    variant_id,
    sku,
    location_id,
    'commitment' as movement_type,
    cast(null as string) as reason,
    cast(0 as bigint) as quantity,
    -asked_quantity as available_quantity,
    asked_at as occurred_at
from placed

union all

select
    'sale-' || placed.fulfilment_order_line_id as movement_id,
    'order-' || placed.order_id as document_id,
    placed.order_line_id,
    placed.variant_id,
    placed.sku,
    parcels.location_id,
    'sale' as movement_type,
    cast(null as string) as reason,
    -placed.sent_quantity as quantity,
    cast(0 as bigint) as available_quantity,
    parcels.created_at as occurred_at
from placed
inner join parcels on placed.order_id = parcels.order_id and placed.location_id = parcels.location_id
where placed.sent_quantity > 0

union all

select
    case when refund_lines.restock_type = 'CANCEL' then 'release-' else 'return-' end
    || refund_lines.refund_line_id as movement_id,
    'refund-' || refund_lines.refund_id as document_id,
    order_lines.order_line_id,
    order_lines.variant_id,
    order_lines.sku,
    case when refund_lines.restock_type = 'CANCEL' then first_placed.location_id else refund_lines.location_id end
        as location_id,
    case when refund_lines.restock_type = 'CANCEL' then 'release' else 'return' end as movement_type,
    cast(null as string) as reason,
    case when refund_lines.restock_type = 'CANCEL' then 0 else refund_lines.quantity end as quantity,
    refund_lines.quantity as available_quantity,
    refunds.created_at as occurred_at
from {{ ref('stg_shopify__refund_lines') }} as refund_lines
inner join {{ ref('stg_shopify__refunds') }} as refunds on refund_lines.refund_id = refunds.refund_id
inner join order_lines on refund_lines.order_line_id = order_lines.order_line_id
left join (
    select
        order_line_id,
        min_by(location_id, fulfilment_order_line_id) as location_id
    from placed
    group by order_line_id
) as first_placed on order_lines.order_line_id = first_placed.order_line_id
where
    refund_lines.restock_type = 'CANCEL'
    or (refund_lines.is_restocked and refund_lines.restock_type in ('RETURN', 'LEGACY_RESTOCK'))
{%- endmacro %}
