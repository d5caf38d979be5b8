with source as (

    select * from {{ source('shopify', 'variants') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as variant_id,
        product_id,
        inventory_item_id,
        sku,
        title,
        barcode,
        cast(price as decimal(18, 6)) as unit_price,
        cast(compare_at_price as decimal(18, 6)) as compare_at_price,
        cast(unit_cost as decimal(18, 6)) as unit_cost,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
