-- A parcel, or goods that were fetched: the fulfilment order of its place tells which. Shopify dates no arrival of what
-- was handed over.
with fulfillments as (

    select * from {{ ref('stg_shopify__fulfillments') }}

),

methods as (

    select
        order_id,
        location_id,
        delivery_method
    from {{ ref('stg_shopify__fulfillment_orders') }}
    qualify row_number() over (
        partition by order_id, location_id
        order by updated_at desc nulls last, fulfilment_order_id asc nulls last
    ) = 1

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:' || fulfillments.fulfilment_id as fulfilment_key,
        'shopify:' || fulfillments.order_id as order_key,
        'shopify:' || fulfillments.location_id as location_key,
        case when methods.delivery_method in ('PICK_UP', 'RETAIL') then 'pickup' else 'shipped' end as fulfilment_type,
        lower(fulfillments.fulfilment_status) as fulfilment_status,
        fulfillments.total_quantity as quantity,
        fulfillments.created_at,
        case
            when methods.delivery_method in ('PICK_UP', 'RETAIL')
                then coalesce(fulfillments.delivered_at, fulfillments.created_at)
            else fulfillments.delivered_at
        end as delivered_at,
        fulfillments.updated_at
    from fulfillments
    left join methods
        on fulfillments.order_id = methods.order_id and fulfillments.location_id = methods.location_id

)

select * from shaped
