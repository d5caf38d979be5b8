with fulfillments as (

    select * from {{ ref('stg_shopify__fulfillments') }}

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:' || fulfilment_id as fulfilment_key,
        'shopify:' || order_id as order_key,
        'shopify:' || location_id as location_key,
        'shipped' as fulfilment_type,
        lower(fulfilment_status) as fulfilment_status,
        created_at,
        delivered_at,
        updated_at
    from fulfillments

)

select * from shaped
