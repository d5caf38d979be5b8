-- What the online shop shows: a variant can be bought as long as locations that send online orders have it available.
with shaped as (

    select
        'shopify' as source_system,
        'shopify:' || variants.variant_id as listing_key,
        coalesce(variants.sku, 'shopify:' || variants.variant_id) as sku,
        'online' as channel,
        cast(null as string) as location_key,
        cast(sum(levels.available) as bigint) as listed_quantity,
        max(levels.updated_at) as listed_at
    from {{ ref('stg_shopify__inventory_levels') }} as levels
    inner join {{ ref('stg_shopify__variants') }} as variants on levels.inventory_item_id = variants.inventory_item_id
    inner join {{ ref('stg_shopify__products') }} as products on variants.product_id = products.product_id
    inner join {{ ref('stg_shopify__locations') }} as locations on levels.location_id = locations.location_id
    where
        products.product_status = 'ACTIVE'
        and locations.is_fulfilling_online_orders
        and coalesce(locations.is_active, true)
        and coalesce(levels.is_active, true)
    group by variants.variant_id, variants.sku

)

select * from shaped
