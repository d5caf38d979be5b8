-- A refund is a movement of the order whose payment it gives back. Square's amounts are positive, tips are inside.
with payments as (

    select * from {{ ref('stg_square__payments') }}

),

refunds as (

    select * from {{ ref('stg_square__refunds') }}

),

movements as (

    select
        payment_id as movement_id,
        order_id,
        'sale' as payment_type,
        case payment_status
            when 'COMPLETED' then 'success'
            when 'FAILED' then 'failure'
            when 'CANCELED' then 'voided'
            else 'pending'
        end as payment_status,
        source_type,
        currency_code,
        total_amount as amount,
        coalesce(client_created_at, created_at) as processed_at
    from payments
    union all
    select
        'refund-' || refunds.refund_id as movement_id,
        coalesce(payments.order_id, refunds.order_id) as order_id,
        'refund' as payment_type,
        case refunds.refund_status
            when 'COMPLETED' then 'success' when 'PENDING' then 'pending' else 'failure'
        end as payment_status,
        payments.source_type,
        refunds.currency_code,
        refunds.amount,
        refunds.created_at as processed_at
    from refunds
    left join payments on refunds.payment_id = payments.payment_id

),

shaped as (

    select
        'square' as source_system,
        'square:' || movement_id as payment_key,
        'square:' || order_id as order_key,
        payment_type,
        payment_status,
        lower(source_type) as gateway,
        currency_code,
        false as is_test,
        amount,
        processed_at
    from movements

)

select * from shaped
