-- Amazon tells of its parcels only by the money that it books for each.
with items as (

    {{ amazon_transaction_items() }}

),

transactions as (

    select * from {{ ref('stg_amazon__transactions') }}

),

orders as (

    {{ amazon_orders() }}

),

shaped as (

    select
        'amazon' as source_system,
        'amazon:' || items.transaction_id as fulfilment_key,
        'amazon:' || items.order_id as order_key,
        case when max(orders.fulfilled_by) = 'AMAZON' then {{ amazon_location_key('max(orders.marketplace_id)') }} end
            as location_key,
        case when max(orders.fulfilled_by) = 'AMAZON' then 'marketplace' else 'shipped' end as fulfilment_type,
        'success' as fulfilment_status,
        cast(sum(items.quantity) as bigint) as quantity,
        min(items.posted_at) as created_at,
        cast(null as timestamp) as delivered_at,
        max(transactions.posted_at) as updated_at
    from items
    inner join transactions on items.transaction_id = transactions.transaction_id
    inner join orders on items.order_id = orders.order_id
    where items.transaction_type = 'Shipment'
    group by items.transaction_id, items.order_id

)

select * from shaped
