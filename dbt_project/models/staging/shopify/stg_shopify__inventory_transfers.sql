with source as (

    select * from {{ source('shopify', 'inventory_transfers') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', []) }} = 1

),

renamed as (

    select
        id as transfer_id,
        name as transfer_name,
        status as transfer_status,
        origin_location_id,
        origin_name,
        destination_location_id,
        destination_name,
        cast(created_at as timestamp) as created_at
    from latest

)

select * from renamed
