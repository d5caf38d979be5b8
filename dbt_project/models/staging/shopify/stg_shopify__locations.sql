with source as (

    select * from {{ source('shopify', 'locations') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as location_id,
        name as location_name,
        city,
        province_code,
        country_code,
        pickup_time,
        is_active,
        fulfills_online_orders as is_fulfilling_online_orders,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
