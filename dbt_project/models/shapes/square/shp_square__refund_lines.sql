-- Goods come back where they are returned, which may be another store than the one that sold them.
with returned_lines as (

    {{ square_returned_lines() }}

),

orders as (

    select * from {{ ref('stg_square__orders') }}

),

shaped as (

    select
        'square' as source_system,
        'square:' || returned_lines.order_return_line_id as refund_line_key,
        'square:' || returned_lines.order_return_id as refund_key,
        'square:' || returned_lines.refunded_order_id as order_key,
        'square:' || returned_lines.order_line_id as order_line_key,
        'square:' || orders.location_id as location_key,
        'return' as restock_type,
        returned_lines.currency_code,
        cast(returned_lines.units as bigint) as quantity,
        true as is_restocked,
        returned_lines.subtotal_amount,
        returned_lines.tax_amount
    from returned_lines
    inner join orders on returned_lines.return_order_id = orders.order_id

)

select * from shaped
