with source as (

    select * from {{ source('square', 'locations') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['created_at']) }} = 1

),

renamed as (

    select
        id as location_id,
        name as location_name,
        status as location_status,
        type as location_type,
        timezone,
        currency as currency_code,
        country as country_code,
        locality as city,
        administrative_district_level_1 as region_code,
        postal_code,
        cast(created_at as timestamp) as created_at
    from latest

)

select * from renamed
