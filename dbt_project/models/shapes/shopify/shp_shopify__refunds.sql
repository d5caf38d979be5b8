with refunds as (

    select * from {{ ref('stg_shopify__refunds') }}

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:' || refund_id as refund_key,
        'shopify:' || order_id as order_key,
        refund_id,
        currency_code,
        total_amount,
        shipping_amount,
        adjustment_amount,
        created_at,
        coalesce(processed_at, created_at) as processed_at,
        updated_at
    from refunds

)

select * from shaped
