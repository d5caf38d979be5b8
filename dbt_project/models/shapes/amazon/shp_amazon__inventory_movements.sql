-- The ledger tells what changes what is on hand; that an order takes its units out of sale before they leave, only the
-- order itself does (a pending one too). Units that are broken, or come back so, were never for sale again.
with inventory_ledger as (

    select * from {{ ref('stg_amazon__inventory_ledger') }}

),

order_items as (

    select
        items.*,
        orders.created_at
    from {{ ref('stg_amazon__order_items') }} as items
    inner join {{ ref('stg_amazon__orders') }} as orders
        on items.order_id = orders.order_id and items.order_updated_at = orders.updated_at
    where orders.fulfilment_status <> 'CANCELLED' and orders.fulfilled_by = 'AMAZON' and items.quantity > 0

),

-- The pool that a SKU lies in.
pools as (

    select
        sku,
        min(marketplace_id) as marketplace_id
    from {{ ref('stg_amazon__inventory_summaries') }}
    group by sku

),

movements as (

    select
        'ledger-' || ledger_entry_id as movement_id,
        sku,
        case
            when event_type = 'Shipments' then 'sale'
            when event_type = 'CustomerReturns' then 'return'
            when event_type = 'Receipts' then 'receipt'
            when event_type in ('VendorReturns', 'WhseTransfers') and quantity < 0 then 'transfer_out'
            when event_type = 'WhseTransfers' then 'transfer_in'
            else 'adjustment'
        end as movement_type,
        reference_id,
        cast(null as string) as order_line_id,
        reason,
        quantity,
        case when event_type <> 'Shipments' and disposition = 'SELLABLE' then quantity else 0 end
            as available_quantity,
        happened_at as occurred_at
    from inventory_ledger
    union all
    select
        'commitment-' || order_line_id as movement_id,
        sku,
        'commitment' as movement_type,
        order_id as reference_id,
        order_line_id,
        cast(null as string) as reason,
        cast(0 as bigint) as quantity,
        -quantity as available_quantity,
        created_at as occurred_at
    from order_items

),

shaped as (

    select
        'amazon' as source_system,
        'amazon:' || movements.movement_id as inventory_movement_key,
        'amazon:' || movements.sku as variant_key,
        movements.sku,
        {{ amazon_location_key('pools.marketplace_id') }} as location_key,
        movements.movement_type,
        cast(null as string) as from_state,
        cast(null as string) as to_state,
        'amazon:' || movements.reference_id as document_key,
        'amazon:' || movements.order_line_id as order_line_key,
        movements.reason,
        cast(movements.quantity as bigint) as quantity,
        cast(movements.available_quantity as bigint) as available_quantity,
        cast(null as bigint) as counted_quantity,
        movements.occurred_at,
        movements.occurred_at as recorded_at
    from movements
    inner join pools on movements.sku = pools.sku

)

select * from shaped
