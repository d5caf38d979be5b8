-- Amazon's own sums, to hold ours against: an order's total and what its items total; and what a refund's transaction
-- comes to as a whole, without what Amazon itself took or gave back in it.
with orders as (

    {{ amazon_orders() }}

),

items as (

    select
        order_id,
        sum(total_amount - tax_amount - shipping_amount - tip_amount - other_amount) as subtotal_amount
    from ({{ amazon_order_items() }}) as order_items
    group by order_id

),

fees as (

    select
        transaction_id,
        sum(amount) as fee_amount
    from {{ ref('stg_amazon__transaction_lines') }}
    where {{ is_amazon_fee('part') }}
    group by transaction_id

),

refunds as (

    select transactions.*
    from {{ ref('stg_amazon__transactions') }} as transactions
    inner join orders on transactions.order_id = orders.order_id
    where transactions.transaction_type = 'Refund'

),

shaped as (

    select
        'amazon' as source_system,
        'amazon:' || orders.order_id as document_key,
        'amazon:' || orders.order_id as order_key,
        'order' as document_type,
        orders.order_currency_code as currency_code,
        cast(coalesce(items.subtotal_amount, 0) as decimal(18, 4)) as subtotal_amount,
        coalesce(orders.total_amount, cast(0 as decimal(18, 4))) as total_amount,
        cast(null as decimal(18, 4)) as current_total_amount,
        cast(null as decimal(18, 4)) as net_payment_amount,
        orders.created_at as occurred_at,
        orders.created_at
    from orders
    left join items on orders.order_id = items.order_id
    union all
    select
        'amazon' as source_system,
        'amazon:refund-' || refunds.transaction_id as document_key,
        'amazon:' || refunds.order_id as order_key,
        'refund' as document_type,
        refunds.currency_code,
        cast(null as decimal(18, 4)) as subtotal_amount,
        cast(coalesce(fees.fee_amount, 0) - refunds.total_amount as decimal(18, 4)) as total_amount,
        cast(null as decimal(18, 4)) as current_total_amount,
        cast(null as decimal(18, 4)) as net_payment_amount,
        refunds.posted_at as occurred_at,
        refunds.posted_at as created_at
    from refunds
    left join fees on refunds.transaction_id = fees.transaction_id

)

select * from shaped
