-- Shopify's own sums, to hold ours against: the totals that an order states of itself, and the money that left, from
-- the payments and not from the refunds' lines. Of an exchange within a refund nothing leaves.
with orders as (

    select * from {{ ref('stg_shopify__orders') }}

),

transactions as (

    select * from {{ ref('stg_shopify__order_transactions') }}
    where transaction_status = 'SUCCESS' and transaction_kind = 'REFUND'

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:' || order_id as document_key,
        'shopify:' || order_id as order_key,
        'order' as document_type,
        currency_code,
        subtotal_amount,
        total_amount,
        current_total_amount,
        net_payment_amount,
        coalesce(processed_at, created_at) as occurred_at,
        created_at
    from orders
    union all
    select
        'shopify' as source_system,
        'shopify:transaction-' || transaction_id as document_key,
        'shopify:' || order_id as order_key,
        'refund' as document_type,
        currency_code,
        cast(null as decimal(18, 4)) as subtotal_amount,
        amount as total_amount,
        cast(null as decimal(18, 4)) as current_total_amount,
        cast(null as decimal(18, 4)) as net_payment_amount,
        processed_at as occurred_at,
        processed_at as created_at
    from transactions

)

select * from shaped
