-- What Shopify's documents say of stock that moved: parcels, returns put back on a shelf, deliveries and transfers.
-- Adjustments and counts leave no document that can be read; they show as what the documents leave unexplained.
--
-- Units sent come from fulfilment orders, per line and place; their moment is that of the parcel from that place (of
-- several, the last). Units taken out of an order before it left (restock type CANCEL) never left the shelf.
-- A transfer without an origin comes from a supplier; one whose far end is not a location of the shop only leaves.
{%- set ends = [
    ('out', 'origin', 'shipped_at', '-shipment_lines.quantity'),
    ('in', 'destination', 'received_at', 'shipment_lines.accepted_quantity'),
] %}
with order_lines as (

    select * from {{ ref('stg_shopify__order_lines') }}
    where not coalesce(is_gift_card, false)

),

parcels as (

    select *
    from {{ ref('stg_shopify__fulfillments') }}
    where fulfilment_status = 'SUCCESS'
    qualify row_number() over (
        partition by order_id, location_id order by created_at desc nulls last, fulfilment_id asc nulls last
    ) = 1

),

moved as (

    select
        'sale-' || fulfilment_order_lines.fulfilment_order_line_id as movement_id,
        'order-' || fulfilment_orders.order_id as document_id,
        order_lines.variant_id,
        order_lines.sku,
        parcels.location_id,
        'sale' as movement_type,
        cast(null as string) as reason,
        fulfilment_order_lines.remaining_quantity - fulfilment_order_lines.total_quantity as quantity,
        parcels.created_at as occurred_at
    from {{ ref('stg_shopify__fulfillment_order_lines') }} as fulfilment_order_lines
    inner join {{ ref('stg_shopify__fulfillment_orders') }} as fulfilment_orders
        on fulfilment_order_lines.fulfilment_order_id = fulfilment_orders.fulfilment_order_id
    inner join parcels
        on fulfilment_orders.order_id = parcels.order_id and fulfilment_orders.location_id = parcels.location_id
    inner join order_lines on fulfilment_order_lines.order_line_id = order_lines.order_line_id
    where fulfilment_order_lines.total_quantity > fulfilment_order_lines.remaining_quantity

    union all

    select
        'return-' || refund_lines.refund_line_id as movement_id,
        'refund-' || refund_lines.refund_id as document_id,
        order_lines.variant_id,
        order_lines.sku,
        refund_lines.location_id,
        'return' as movement_type,
        cast(null as string) as reason,
        refund_lines.quantity,
        refunds.created_at as occurred_at
    from {{ ref('stg_shopify__refund_lines') }} as refund_lines
    inner join {{ ref('stg_shopify__refunds') }} as refunds on refund_lines.refund_id = refunds.refund_id
    inner join order_lines on refund_lines.order_line_id = order_lines.order_line_id
    where refund_lines.is_restocked and refund_lines.restock_type in ('RETURN', 'LEGACY_RESTOCK')

    {%- for end, place, moment, units in ends %}

        union all

        select
            '{{ end }}-' || shipment_lines.shipment_line_id as movement_id,
            'transfer-' || shipment_lines.transfer_id as document_id,
            coalesce(variants.variant_id, 'item-' || shipment_lines.inventory_item_id) as variant_id,
            variants.sku,
            transfers.{{ place }}_location_id as location_id,
            case when transfers.origin_name is null then 'receipt' else 'transfer_{{ end }}' end as movement_type,
            transfers.origin_name || ' to ' || transfers.destination_name as reason,
            {{ units }} as quantity,
            shipments.{{ moment }} as occurred_at
        from {{ ref('stg_shopify__inventory_shipment_lines') }} as shipment_lines
        inner join {{ ref('stg_shopify__inventory_shipments') }} as shipments
            on shipment_lines.shipment_id = shipments.shipment_id
        inner join {{ ref('stg_shopify__inventory_transfers') }} as transfers
            on shipment_lines.transfer_id = transfers.transfer_id
        left join {{ ref('stg_shopify__variants') }} as variants
            on shipment_lines.inventory_item_id = variants.inventory_item_id
    {%- endfor %}

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:' || movement_id as inventory_movement_key,
        'shopify:' || variant_id as variant_key,
        sku,
        'shopify:' || location_id as location_key,
        movement_type,
        cast(null as string) as from_state,
        cast(null as string) as to_state,
        'shopify:' || document_id as document_key,
        reason,
        cast(quantity as bigint) as quantity,
        cast(null as bigint) as counted_quantity,
        occurred_at,
        occurred_at as recorded_at
    from moved
    where location_id is not null and occurred_at is not null

)

select * from shaped
