with variants as (

    select * from {{ ref('int_products__variants') }}

),

dim_products as (

    select
        variant_key,
        source_system,
        variant_id,
        product_key,
        sku,
        product_title,
        variant_title,
        product_type,
        brand_name,
        product_status,
        barcode,
        unit_price,
        unit_cost,
        is_catalogued,
        created_at,
        updated_at
    from variants

)

select * from dim_products
