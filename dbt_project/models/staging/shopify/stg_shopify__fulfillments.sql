with source as (

    select * from {{ source('shopify', 'fulfillments') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as fulfilment_id,
        order_id,
        location_id,
        status as fulfilment_status,
        display_status,
        total_quantity,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at,
        cast(delivered_at as timestamp) as delivered_at
    from latest

)

select * from renamed
