with products as (

    select * from {{ ref('stg_shopify__products') }}

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:' || product_id as product_key,
        product_id,
        title,
        product_type,
        brand_name,
        lower(product_status) as product_status,
        created_at,
        updated_at
    from products

)

select * from shaped
