with source as (

    select * from {{ source('shopify', 'fulfillment_orders') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as fulfilment_order_id,
        order_id,
        location_id,
        status as fulfilment_order_status,
        delivery_method,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
