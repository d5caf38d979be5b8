-- Deleted variations stay, as sales name them. Stock is counted by variation.
with variations as (

    select * from {{ ref('stg_square__catalog_variations') }}

),

shaped as (

    select
        'square' as source_system,
        'square:' || variation_id as variant_key,
        variation_id as variant_id,
        'square:' || item_id as product_key,
        sku,
        variation_name as title,
        upc as barcode,
        variation_id as inventory_item_id,
        unit_price,
        cast(null as decimal(18, 6)) as unit_cost,
        created_at,
        updated_at
    from variations

)

select * from shaped
