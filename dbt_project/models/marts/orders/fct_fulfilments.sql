with fulfilments as (

    select * from {{ ref('int_orders__fulfilments') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

fct_fulfilments as (

    select
        fulfilments.fulfilment_key,
        fulfilments.source_system,
        fulfilments.order_key,
        record_customers.customer_id,
        fulfilments.channel,
        fulfilments.location_key,
        fulfilments.fulfilment_type,
        fulfilments.fulfilment_status,
        cast(fulfilments.parcel_number as bigint) as parcel_number,
        fulfilments.quantity,
        fulfilments.is_done,
        fulfilments.is_test,
        fulfilments.ordered_at,
        fulfilments.fulfilled_at,
        fulfilments.delivered_at,
        fulfilments.order_date
    from fulfilments
    left join record_customers on fulfilments.record_key = record_customers.record_key
    where fulfilments.has_order

)

select * from fct_fulfilments
