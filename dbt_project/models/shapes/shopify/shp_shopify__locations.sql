with locations as (

    select * from {{ ref('stg_shopify__locations') }}

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:' || location_id as location_key,
        location_id,
        location_name,
        case when is_fulfilling_online_orders then 'warehouse' else 'store' end as location_type,
        city,
        province_code as region_code,
        country_code,
        coalesce(is_active, true) as is_active
    from locations

)

select * from shaped
