with source as (

    select * from {{ source('square', 'order_fulfillments') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['order_updated_at']) }} = 1

),

renamed as (

    select
        id as fulfilment_id,
        order_id,
        type as fulfilment_type,
        state as fulfilment_state,
        cast(placed_at as timestamp) as placed_at,
        cast(ready_at as timestamp) as ready_at,
        cast(picked_up_at as timestamp) as picked_up_at,
        cast(order_updated_at as timestamp) as order_updated_at
    from latest

)

select * from renamed
