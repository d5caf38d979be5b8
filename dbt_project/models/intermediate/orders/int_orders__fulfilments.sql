-- One order may leave in several parcels. Sent from a store means from a location that is known to be one, and that did
-- not sell it over its counter.
{{ config(materialized='view') }}

with fulfilments as (

    {{ union_shape('fulfilments') }}

),

orders as (

    select * from {{ ref('int_orders__headers') }}

),

locations as (

    select * from {{ ref('int_locations__locations') }}

),

joined as (

    select
        fulfilments.fulfilment_key,
        fulfilments.source_system,
        fulfilments.order_key,
        orders.record_key,
        orders.channel,
        fulfilments.location_key,
        case
            when
                fulfilments.fulfilment_type = 'shipped'
                and locations.location_type = 'store'
                and orders.channel <> 'store'
                then 'ship_from_store'
            else fulfilments.fulfilment_type
        end as fulfilment_type,
        fulfilments.fulfilment_status,
        fulfilments.quantity,
        fulfilments.fulfilment_status in ('success', 'completed') as is_done,
        coalesce(orders.is_test, false) as is_test,
        orders.order_date,
        orders.order_key is not null as has_order,
        coalesce(orders.processed_at, orders.created_at) as ordered_at,
        fulfilments.created_at as fulfilled_at,
        fulfilments.delivered_at,
        fulfilments.updated_at
    from fulfilments
    left join orders on fulfilments.order_key = orders.order_key
    left join locations on fulfilments.location_key = locations.location_key

),

numbered as (

    select
        *,
        case
            when is_done
                then row_number() over (
                    partition by order_key, is_done order by fulfilled_at asc nulls last, fulfilment_key asc nulls last
                )
        end as parcel_number
    from joined

)

select * from numbered
