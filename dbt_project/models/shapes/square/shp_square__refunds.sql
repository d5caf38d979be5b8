-- One per return and sale, of the worth of what came back (in an exchange more than the money that went out), and one
-- per refund of money alone. What the returned lines do not explain (tips, charges, money without goods) is adjustment.
with orders as (

    select * from {{ ref('stg_square__orders') }}
    where order_state in ('COMPLETED', 'CANCELED')

),

order_returns as (

    select * from {{ ref('stg_square__order_returns') }}

),

lines as (

    select
        order_return_id,
        sum(subtotal_amount + tax_amount) as line_amount
    from ({{ square_returned_lines() }}) as returned_lines
    group by order_return_id

),

bare_refunds as (

    {{ square_bare_refunds() }}

),

combined as (

    select
        order_returns.order_return_id as refund_id,
        coalesce(sales.order_id, order_returns.order_id) as order_id,
        order_returns.currency_code,
        order_returns.total_amount,
        order_returns.total_amount - coalesce(lines.line_amount, 0) as adjustment_amount,
        orders.created_at,
        orders.updated_at
    from order_returns
    inner join orders
        on order_returns.order_id = orders.order_id and order_returns.order_updated_at = orders.updated_at
    left join orders as sales on order_returns.source_order_id = sales.order_id
    left join lines on order_returns.order_return_id = lines.order_return_id
    union all
    select
        refund_id,
        refunded_order_id as order_id,
        currency_code,
        amount as total_amount,
        amount as adjustment_amount,
        created_at,
        updated_at
    from bare_refunds

),

shaped as (

    select
        'square' as source_system,
        'square:' || refund_id as refund_key,
        'square:' || order_id as order_key,
        refund_id,
        currency_code,
        total_amount,
        cast(0 as decimal(18, 4)) as shipping_amount,
        cast(adjustment_amount as decimal(18, 4)) as adjustment_amount,
        created_at,
        created_at as processed_at,
        updated_at
    from combined

)

select * from shaped
