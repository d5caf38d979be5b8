-- What buyers paid to Amazon and got back from it; what Amazon keeps of it is a fee, and no payment.
with items as (

    {{ amazon_transaction_items() }}

),

movements as (

    select
        transaction_id,
        order_id,
        transaction_type,
        posted_at,
        max(currency_code) as currency_code,
        cast(sum(charged_amount) as decimal(18, 4)) as charged_amount
    from items
    group by transaction_id, order_id, transaction_type, posted_at

),

shaped as (

    select
        'amazon' as source_system,
        'amazon:' || transaction_id as payment_key,
        'amazon:' || order_id as order_key,
        case when transaction_type = 'Refund' then 'refund' else 'sale' end as payment_type,
        'success' as payment_status,
        'amazon' as gateway,
        currency_code,
        false as is_test,
        cast(case when transaction_type = 'Refund' then -charged_amount else charged_amount end as decimal(18, 4))
            as amount,
        posted_at as processed_at
    from movements

)

select * from shaped
