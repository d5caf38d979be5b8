with source as (

    select * from {{ source('complete_journey', 'products') }}

),

renamed as (

    select
        cast(product_id as string) as product_id,
        cast(manufacturer_id as string) as manufacturer_id,
        cast(department as string) as department,
        cast(brand as string) as brand,
        cast(product_category as string) as product_category,
        cast(product_type as string) as product_type,
        cast(package_size as string) as package_size
    from source

)

select * from renamed
