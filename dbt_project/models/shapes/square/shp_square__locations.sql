with locations as (

    select * from {{ ref('stg_square__locations') }}

),

shaped as (

    select
        'square' as source_system,
        'square:' || location_id as location_key,
        location_id,
        location_name,
        'store' as location_type,
        city,
        region_code,
        country_code,
        coalesce(location_status = 'ACTIVE', true) as is_active
    from locations

)

select * from shaped
