with variants as (

    select * from {{ ref('stg_shopify__variants') }}

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:' || variant_id as variant_key,
        variant_id,
        'shopify:' || product_id as product_key,
        sku,
        title,
        barcode,
        inventory_item_id,
        unit_price,
        unit_cost,
        created_at,
        updated_at
    from variants

)

select * from shaped
