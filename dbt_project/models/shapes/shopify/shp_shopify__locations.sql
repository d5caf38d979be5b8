-- Shopify has no word for what a location is. Where sales are rung up, where goods can be fetched, or where nothing
-- ordered online leaves from, is a store; of the others we don't know, as shops ship online orders too.
with locations as (

    select * from {{ ref('stg_shopify__locations') }}

),

stores as (

    select distinct retail_location_id
    from {{ ref('stg_shopify__orders') }}
    where retail_location_id is not null

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:' || locations.location_id as location_key,
        locations.location_id,
        locations.location_name,
        case
            when
                stores.retail_location_id is not null
                or locations.pickup_time is not null
                or not locations.is_fulfilling_online_orders then 'store'
            else 'unknown'
        end as location_type,
        locations.city,
        locations.province_code as region_code,
        locations.country_code,
        coalesce(locations.is_active, true) as is_active
    from locations
    left join stores on locations.location_id = stores.retail_location_id

)

select * from shaped
