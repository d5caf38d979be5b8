-- Goods come back where they are returned, which may be another store than the one that sold them. Whether they went
-- back on the shelf only the stock's movements tell.
with returned_lines as (

    {{ square_returned_lines() }}

),

orders as (

    select * from {{ ref('stg_square__orders') }}

),

restocked as (

    select distinct
        coalesce(changes.transaction_id, refunds.order_id) as return_order_id,
        changes.variation_id
    from {{ ref('stg_square__inventory_changes') }} as changes
    left join {{ ref('stg_square__refunds') }} as refunds on changes.refund_id = refunds.refund_id
    where changes.to_state in ('IN_STOCK', 'RETURNED_BY_CUSTOMER')

),

-- What came back in one document with what was taken instead.
exchanges as (

    select distinct
        lines.order_id,
        lines.order_updated_at
    from {{ ref('stg_square__order_lines') }} as lines

),

shaped as (

    select
        'square' as source_system,
        'square:' || returned_lines.order_return_line_id as refund_line_key,
        'square:' || returned_lines.order_return_id as refund_key,
        'square:' || returned_lines.refunded_order_id as order_key,
        'square:' || returned_lines.order_line_id as order_line_key,
        'square:' || orders.location_id as location_key,
        case when restocked.variation_id is null then 'no_restock' else 'return' end as restock_type,
        cast(null as string) as return_reason,
        exchanges.order_id is not null as is_exchange,
        returned_lines.currency_code,
        cast(returned_lines.units as bigint) as quantity,
        restocked.variation_id is not null as is_restocked,
        returned_lines.subtotal_amount,
        returned_lines.tax_amount
    from returned_lines
    inner join orders on returned_lines.return_order_id = orders.order_id
    left join exchanges
        on orders.order_id = exchanges.order_id and orders.updated_at = exchanges.order_updated_at
    left join restocked
        on
            returned_lines.return_order_id = restocked.return_order_id
            and returned_lines.variation_id = restocked.variation_id

)

select * from shaped
