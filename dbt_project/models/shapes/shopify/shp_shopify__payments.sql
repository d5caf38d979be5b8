with transactions as (

    select * from {{ ref('stg_shopify__order_transactions') }}

),

shaped as (

    select
        'shopify' as source_system,
        'shopify:' || transaction_id as payment_key,
        'shopify:' || order_id as order_key,
        lower(transaction_kind) as payment_type,
        lower(transaction_status) as payment_status,
        gateway,
        currency_code,
        coalesce(is_test, false) as is_test,
        amount,
        processed_at
    from transactions

)

select * from shaped
