-- What really moved: failed and pending movements stay, marked; a refund counts negative.
with payments as (

    {{ union_shape('payments') }}

),

signed as (

    select
        payment_key,
        source_system,
        order_key,
        payment_type,
        payment_status,
        gateway,
        currency_code,
        is_test,
        payment_status = 'success' and payment_type in ('sale', 'capture', 'refund', 'change') as is_settled,
        cast(case when payment_type in ('refund', 'change') then -amount else amount end as decimal(18, 4)) as amount,
        processed_at
    from payments

)

select * from signed
