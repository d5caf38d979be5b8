with locations as (

    select * from {{ ref('int_locations__locations') }}

),

dim_locations as (

    select
        location_key,
        source_system,
        location_id,
        location_name,
        location_type,
        city,
        region_code,
        country_code,
        is_active,
        is_listed
    from locations

)

select * from dim_locations
