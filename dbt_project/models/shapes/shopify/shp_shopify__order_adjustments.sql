-- Money given back that belongs to no line and to no shipping: a goodwill refund, or a difference between what the
-- lines were worth and what was paid back. Amounts are positive; they are in the refund's total, never in net sales.
with refunds as (

    select * from {{ ref('stg_shopify__refunds') }}

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:refund-' || refund_id as order_adjustment_key,
        'shopify:' || order_id as order_key,
        'refund_adjustment' as adjustment_type,
        'Money given back beyond the lines and shipping of its refund' as description,
        currency_code,
        adjustment_amount as amount,
        coalesce(processed_at, created_at) as occurred_at
    from refunds
    where adjustment_amount <> 0

)

select * from shaped
