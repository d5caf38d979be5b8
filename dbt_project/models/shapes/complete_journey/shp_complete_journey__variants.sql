-- The assortment knows no variants: each product is its own only one, sold under its product id.
with products as (

    select * from {{ ref('stg_complete_journey__products') }}

),

shaped as (

    select
        'complete_journey' as source_system,
        'complete_journey:' || product_id as variant_key,
        product_id as variant_id,
        'complete_journey:' || product_id as product_key,
        product_id as sku,
        package_size as title,
        cast(null as string) as barcode,
        cast(null as string) as inventory_item_id,
        cast(null as decimal(18, 6)) as unit_price,
        cast(null as decimal(18, 6)) as unit_cost,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as updated_at
    from products

)

select * from shaped
