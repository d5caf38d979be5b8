-- Shopify counts inventory items; the variant that sells one names it. An item without a variant (deleted) keeps its
-- row under the item's own name, so that stock never vanishes.
with inventory_levels as (

    select * from {{ ref('stg_shopify__inventory_levels') }}

),

variants as (

    select * from {{ ref('stg_shopify__variants') }}

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:' || inventory_levels.inventory_level_id as inventory_level_key,
        'shopify:' || coalesce(variants.variant_id, 'item-' || inventory_levels.inventory_item_id) as variant_key,
        variants.sku,
        'shopify:' || inventory_levels.location_id as location_key,
        inventory_levels.on_hand,
        inventory_levels.available,
        inventory_levels.committed,
        inventory_levels.reserved,
        inventory_levels.damaged,
        inventory_levels.quality_control,
        inventory_levels.safety_stock,
        inventory_levels.incoming,
        inventory_levels.updated_at
    from inventory_levels
    left join variants on inventory_levels.inventory_item_id = variants.inventory_item_id
    where coalesce(inventory_levels.is_active, true)

)

select * from shaped
