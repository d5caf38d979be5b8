with source as (

    select * from {{ source('shopify', 'inventory_levels') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as inventory_level_id,
        inventory_item_id,
        location_id,
        available,
        on_hand,
        committed,
        incoming,
        reserved,
        damaged,
        safety_stock,
        quality_control,
        is_active,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
