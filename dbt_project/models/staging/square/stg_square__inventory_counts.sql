with source as (

    select * from {{ source('square', 'inventory_counts') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['calculated_at']) }} = 1

),

renamed as (

    select
        id as inventory_count_id,
        catalog_object_id as variation_id,
        location_id,
        state as inventory_state,
        cast(quantity as decimal(18, 5)) as quantity,
        cast(calculated_at as timestamp) as calculated_at
    from latest

)

select * from renamed
