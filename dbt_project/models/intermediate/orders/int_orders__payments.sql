-- What really moved: failed and pending movements stay, marked; a refund counts negative. A gift card that pays is no
-- new money: the shop had it when the card was sold, so it takes from what the shop owes to holders of cards.
{{ config(materialized='view') }}

with payments as (

    {{ union_shape('payments') }}

),

orders as (

    select * from {{ ref('int_orders__headers') }}

),

signed as (

    select
        *,
        payment_status = 'success' and payment_type in ('sale', 'capture', 'refund', 'change') as is_settled,
        cast(case when payment_type in ('refund', 'change') then -amount else amount end as decimal(18, 4))
            as signed_amount
    from payments

),

converted as (

    select
        signed.payment_key,
        signed.source_system,
        signed.order_key,
        signed.payment_type,
        signed.payment_status,
        signed.gateway,
        signed.currency_code as payment_currency_code,
        '{{ reporting_currency() }}' as currency_code,
        signed.signed_amount as document_amount,
        {{ reported_amount('signed.signed_amount', 'orders.exchange_rate') }} as amount,
        coalesce(signed.gateway in ('gift_card', 'square_gift_card'), false) as is_gift_card,
        signed.is_settled,
        coalesce(signed.is_test, false) or coalesce(orders.is_test, false) as is_test,
        orders.record_key,
        orders.channel,
        orders.location_key,
        signed.processed_at,
        {{ to_reporting_date('signed.processed_at') }} as payment_date,
        orders.order_date
    from signed
    left join orders on signed.order_key = orders.order_key

)

select * from converted
