-- Discounts by the line that they were taken from, and money given back that belongs to no line and to no shipping: a
-- goodwill refund, or a difference between what the lines were worth and what was paid back. Amounts are positive; what
-- was given back is in the refund's total, never in net sales.
with allocations as (

    select * from {{ ref('stg_shopify__discount_allocations') }}

),

orders as (

    select * from {{ ref('stg_shopify__orders') }}

),

refunds as (

    select * from {{ ref('stg_shopify__refunds') }}

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:discount-' || allocations.discount_allocation_id as order_adjustment_key,
        'shopify:' || allocations.order_id as order_key,
        'shopify:' || allocations.order_line_id as order_line_key,
        'discount' as adjustment_type,
        allocations.discount_code,
        'Discount of a line, part of its discount_amount' as description,
        orders.currency_code,
        allocations.amount,
        orders.processed_at as occurred_at
    from allocations
    inner join orders on allocations.order_id = orders.order_id
    union all
    select
        'shopify' as source_system,
        'shopify:refund-' || refund_id as order_adjustment_key,
        'shopify:' || order_id as order_key,
        cast(null as string) as order_line_key,
        'refund_adjustment' as adjustment_type,
        cast(null as string) as discount_code,
        'Money given back beyond the lines and shipping of its refund' as description,
        currency_code,
        adjustment_amount as amount,
        coalesce(processed_at, created_at) as occurred_at
    from refunds
    where adjustment_amount <> 0

)

select * from shaped
