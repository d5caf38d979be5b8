-- Square's own sums, to hold ours against: the totals that a sale states of itself; and what was given back, from the
-- money: of an order with returned goods what it cost, less what was paid for it, plus what was paid back.
with documents as (

    {{ square_orders() }}

),

orders as (

    select * from {{ ref('stg_square__orders') }}
    where order_state in ('COMPLETED', 'CANCELED')

),

payments as (

    select
        order_id,
        sum(total_amount) as paid_amount
    from {{ ref('stg_square__payments') }}
    where payment_status = 'COMPLETED'
    group by order_id

),

refunds as (

    select
        order_id,
        sum(amount) as refunded_amount
    from {{ ref('stg_square__refunds') }}
    where refund_status in ('PENDING', 'COMPLETED')
    group by order_id

),

returns as (

    select
        orders.order_id,
        min(sales.order_id) as sale_id
    from orders
    inner join {{ ref('stg_square__order_returns') }} as order_returns
        on orders.order_id = order_returns.order_id and orders.updated_at = order_returns.order_updated_at
    left join orders as sales on order_returns.source_order_id = sales.order_id
    group by orders.order_id

),

given_back as (

    select
        orders.order_id as document_id,
        coalesce(returns.sale_id, orders.order_id) as order_id,
        orders.currency_code,
        orders.total_amount - coalesce(payments.paid_amount, 0) + coalesce(refunds.refunded_amount, 0) as total_amount,
        orders.created_at
    from returns
    inner join orders on returns.order_id = orders.order_id
    left join payments on orders.order_id = payments.order_id
    left join refunds on orders.order_id = refunds.order_id
    union all
    select
        'refund-' || refund_id as document_id,
        refunded_order_id as order_id,
        currency_code,
        amount as total_amount,
        created_at
    from ({{ square_bare_refunds() }}) as bare_refunds

),

shaped as (

    select
        'square' as source_system,
        'square:' || order_id as document_key,
        'square:' || order_id as order_key,
        'order' as document_type,
        currency_code,
        total_amount - tax_amount - tip_amount - service_charge_amount - rounding_amount as subtotal_amount,
        total_amount,
        cast(null as decimal(18, 4)) as current_total_amount,
        cast(null as decimal(18, 4)) as net_payment_amount,
        till_at as occurred_at,
        created_at
    from documents
    where not is_return_only
    union all
    select
        'square' as source_system,
        'square:returned-' || document_id as document_key,
        'square:' || order_id as order_key,
        'refund' as document_type,
        currency_code,
        cast(null as decimal(18, 4)) as subtotal_amount,
        cast(total_amount as decimal(18, 4)) as total_amount,
        cast(null as decimal(18, 4)) as current_total_amount,
        cast(null as decimal(18, 4)) as net_payment_amount,
        created_at as occurred_at,
        created_at
    from given_back

)

select * from shaped
