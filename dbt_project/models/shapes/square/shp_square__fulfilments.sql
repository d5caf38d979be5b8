-- Goods that are fetched later. What leaves over the counter has no fulfilment at Square.
with fulfillments as (

    select * from {{ ref('stg_square__order_fulfillments') }}

),

orders as (

    select * from {{ ref('stg_square__orders') }}

),

shaped as (

    select
        'square' as source_system,
        'square:' || fulfillments.fulfilment_id as fulfilment_key,
        'square:' || fulfillments.order_id as order_key,
        'square:' || orders.location_id as location_key,
        'pickup' as fulfilment_type,
        lower(fulfillments.fulfilment_state) as fulfilment_status,
        cast(null as bigint) as quantity,
        coalesce(fulfillments.placed_at, orders.created_at) as created_at,
        fulfillments.picked_up_at as delivered_at,
        orders.updated_at
    from fulfillments
    inner join orders
        on fulfillments.order_id = orders.order_id and fulfillments.order_updated_at = orders.updated_at
    where fulfillments.fulfilment_type = 'PICKUP'

)

select * from shaped
