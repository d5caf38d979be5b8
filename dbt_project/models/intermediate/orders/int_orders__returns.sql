-- Goods that came back: the lines of refunds but those of units that never left. Bought elsewhere and returned in a
-- store: they came back to a store that had not sent the order itself.
{{ config(materialized='view') }}

with refund_lines as (

    select * from {{ ref('int_orders__refund_lines') }}
    where coalesce(restock_type, 'unknown') <> 'cancel'

),

refunds as (

    select * from {{ ref('int_orders__refunds') }}

),

order_lines as (

    select * from {{ ref('int_orders__order_lines') }}

),

orders as (

    select * from {{ ref('int_orders__headers') }}

),

locations as (

    select * from {{ ref('int_locations__locations') }}

),

senders as (

    select distinct
        order_key,
        location_key
    from {{ ref('int_orders__fulfilments') }}
    where fulfilment_type = 'ship_from_store'

),

joined as (

    select
        refund_lines.refund_line_key,
        refund_lines.source_system,
        refund_lines.refund_key,
        refund_lines.order_key,
        refund_lines.order_line_key,
        orders.record_key,
        order_lines.variant_key,
        order_lines.sku,
        order_lines.product_title,
        orders.channel,
        orders.location_key,
        refund_lines.location_key as return_location_key,
        coalesce(refund_lines.return_reason, 'unknown') as return_reason,
        refund_lines.restock_type,
        refund_lines.order_currency_code,
        refund_lines.currency_code,
        refund_lines.quantity,
        refund_lines.subtotal_amount,
        refund_lines.tax_amount,
        coalesce(refund_lines.is_restocked, false) as is_restocked,
        coalesce(refund_lines.is_exchange, false) as is_exchange,
        coalesce(orders.channel <> 'store' and locations.location_type = 'store' and senders.order_key is null, false)
            as is_returned_in_store,
        coalesce(orders.location_key <> refund_lines.location_key, false) as is_other_location,
        orders.is_test,
        refunds.processed_at as returned_at,
        refunds.refund_date,
        refunds.order_date
    from refund_lines
    inner join orders on refund_lines.order_key = orders.order_key
    inner join refunds on refund_lines.refund_key = refunds.refund_key
    left join order_lines on refund_lines.order_line_key = order_lines.order_line_key
    left join locations on refund_lines.location_key = locations.location_key
    left join senders
        on refund_lines.order_key = senders.order_key and refund_lines.location_key = senders.location_key

)

select * from joined
