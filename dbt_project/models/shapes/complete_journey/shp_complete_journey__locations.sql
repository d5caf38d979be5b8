-- There is no table of stores: one is known from its sales alone.
with transactions as (

    select * from {{ ref('stg_complete_journey__transactions') }}

),

locations as (

    select distinct
        'complete_journey' as source_system,
        'complete_journey:' || store_id as location_key,
        store_id as location_id,
        'Store ' || store_id as location_name,
        'store' as location_type,
        cast(null as string) as city,
        cast(null as string) as region_code,
        'US' as country_code,
        true as is_active
    from transactions

)

select * from locations
