-- What Shopify's documents say of stock: orders, parcels, returns put back on a shelf, deliveries and transfers.
-- Adjustments and counts leave no document that can be read; they show as what the documents leave unexplained.
-- A transfer without an origin comes from a supplier; one whose far end is not a location of the shop only leaves.
{%- set ends = [
    ('out', 'origin', 'shipped_at', '-shipment_lines.quantity'),
    ('in', 'destination', 'received_at', 'shipment_lines.accepted_quantity'),
] %}
with orders_moved as (

    {{ shopify_order_movements() }}

),

moved as (

    select * from orders_moved

    {%- for end, place, moment, units in ends %}

        union all

        select
            '{{ end }}-' || shipment_lines.shipment_line_id as movement_id,
            'transfer-' || shipment_lines.transfer_id as document_id,
            cast(null as string) as order_line_id,
            coalesce(variants.variant_id, 'item-' || shipment_lines.inventory_item_id) as variant_id,
            variants.sku,
            transfers.{{ place }}_location_id as location_id,
            case when transfers.origin_name is null then 'receipt' else 'transfer_{{ end }}' end as movement_type,
            transfers.origin_name || ' to ' || transfers.destination_name as reason,
            {{ units }} as quantity,
            {{ units }} as available_quantity,
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
        'shopify:' || order_line_id as order_line_key,
        reason,
        cast(quantity as bigint) as quantity,
        cast(available_quantity as bigint) as available_quantity,
        cast(null as bigint) as counted_quantity,
        occurred_at,
        occurred_at as recorded_at
    from moved
    where location_id is not null and occurred_at is not null

)

select * from shaped
