-- The change of what is on hand (in stock, put aside, or come back): a move between two of these states changes
-- nothing. A physical count tells what was counted, not what was thought to be there.
with changes as (

    select * from {{ ref('stg_square__inventory_changes') }}

),

variations as (

    select * from {{ ref('stg_square__catalog_variations') }}

),

signed as (

    select
        *,
        change_type = 'PHYSICAL_COUNT' as is_count,
        case when to_state in ('IN_STOCK', 'RESERVED_FOR_SALE', 'RETURNED_BY_CUSTOMER') then 1 else 0 end
        - case when from_state in ('IN_STOCK', 'RESERVED_FOR_SALE', 'RETURNED_BY_CUSTOMER') then 1 else 0 end
            as sign,
        case when to_state = 'IN_STOCK' then 1 else 0 end - case when from_state = 'IN_STOCK' then 1 else 0 end
            as available_sign
    from changes

),

shaped as (

    select
        'square' as source_system,
        'square:' || signed.inventory_change_id as inventory_movement_key,
        'square:' || signed.variation_id as variant_key,
        variations.sku,
        'square:' || signed.location_id as location_key,
        case
            when signed.is_count then 'count'
            when signed.to_state in ('SOLD', 'SOLD_ONLINE') then 'sale'
            when signed.sign = 1 and signed.from_state in ('SOLD', 'SOLD_ONLINE', 'UNLINKED_RETURN') then 'return'
            when signed.sign = 1 and signed.from_state in ('IN_TRANSIT', 'IN_TRANSIT_TO') then 'transfer_in'
            when signed.sign = -1 and signed.to_state in ('IN_TRANSIT', 'IN_TRANSIT_TO') then 'transfer_out'
            when signed.sign = -1 and signed.to_state = 'WASTE' then 'waste'
            when
                signed.sign = 1 and signed.from_state in ('NONE', 'ORDERED_FROM_VENDOR', 'RECEIVED_FROM_VENDOR')
                then 'receipt'
            else 'adjustment'
        end as movement_type,
        lower(signed.from_state) as from_state,
        lower(coalesce(signed.to_state, signed.inventory_state)) as to_state,
        'square:' || coalesce(signed.transaction_id, signed.refund_id, signed.purchase_order_id) as document_key,
        cast(null as string) as order_line_key,
        coalesce(signed.reason_id, signed.reference_id) as reason,
        case when not signed.is_count then cast(floor(signed.quantity) * signed.sign as bigint) end as quantity,
        case when not signed.is_count then cast(floor(signed.quantity) * signed.available_sign as bigint) end
            as available_quantity,
        case when signed.is_count then cast(floor(signed.quantity) as bigint) end as counted_quantity,
        signed.occurred_at,
        signed.created_at as recorded_at
    from signed
    left join variations on signed.variation_id = variations.variation_id

)

select * from shaped
