-- Goods that were sent to one of the shop's locations, or are to be: from a supplier (a purchase order: Shopify names
-- no origin) or from another location (a transfer). When they will come Shopify's shipments rarely say.
with shaped as (

    select
        'shopify' as source_system,
        'shopify:' || shipment_lines.shipment_line_id as delivery_line_key,
        'shopify:transfer-' || transfers.transfer_id as delivery_key,
        'shopify:' || coalesce(variants.variant_id, 'item-' || shipment_lines.inventory_item_id) as variant_key,
        variants.sku,
        coalesce('shopify:' || transfers.origin_location_id, transfers.origin_name, 'supplier') as origin,
        'shopify:' || transfers.destination_location_id as location_key,
        shipment_lines.quantity,
        shipment_lines.accepted_quantity,
        transfers.created_at as ordered_at,
        shipments.shipped_at,
        shipments.received_at
    from {{ ref('stg_shopify__inventory_shipment_lines') }} as shipment_lines
    inner join {{ ref('stg_shopify__inventory_shipments') }} as shipments
        on shipment_lines.shipment_id = shipments.shipment_id
    inner join {{ ref('stg_shopify__inventory_transfers') }} as transfers
        on shipment_lines.transfer_id = transfers.transfer_id
    left join {{ ref('stg_shopify__variants') }} as variants
        on shipment_lines.inventory_item_id = variants.inventory_item_id
    where transfers.destination_location_id is not null

)

select * from shaped
