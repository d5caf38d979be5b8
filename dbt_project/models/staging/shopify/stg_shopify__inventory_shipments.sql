with source as (

    select * from {{ source('shopify', 'inventory_shipments') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', []) }} = 1

),

renamed as (

    select
        id as shipment_id,
        transfer_id,
        status as shipment_status,
        cast(shipped_at as timestamp) as shipped_at,
        cast(received_at as timestamp) as received_at
    from latest

)

select * from renamed
