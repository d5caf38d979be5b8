with source as (

    select * from {{ source('shopify', 'products') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as product_id,
        title,
        handle,
        product_type,
        vendor as brand_name,
        status as product_status,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
