-- The assortment only. What was sold without being in it (4,836 lines) keeps its product id on the line; the
-- intermediate layer makes an uncatalogued product of each.
with products as (

    select * from {{ ref('stg_complete_journey__products') }}

),

shaped as (

    select
        'complete_journey' as source_system,
        'complete_journey:' || product_id as product_key,
        product_id,
        coalesce(product_type, product_category, department, 'Product')
        || coalesce(', ' || package_size, '') as title,
        coalesce(product_category, department) as product_type,
        brand as brand_name,
        'active' as product_status,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as updated_at
    from products

)

select * from shaped
