with source as (

    select * from {{ source('square', 'payments') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as payment_id,
        order_id,
        location_id,
        customer_id,
        status as payment_status,
        source_type,
        buyer_email_address as buyer_email,
        card_fingerprint,
        currency as currency_code,
        {{ from_minor_units('amount_money', 'currency') }} as amount,
        {{ from_minor_units('coalesce(tip_money, 0)', 'currency') }} as tip_amount,
        {{ from_minor_units('total_money', 'currency') }} as total_amount,
        {{ from_minor_units('refunded_money', 'currency') }} as refunded_amount,
        is_offline_payment,
        cast(client_created_at as timestamp) as client_created_at,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
