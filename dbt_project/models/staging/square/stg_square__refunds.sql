with source as (

    select * from {{ source('square', 'refunds') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as refund_id,
        payment_id,
        order_id,
        location_id,
        status as refund_status,
        reason,
        currency as currency_code,
        {{ from_minor_units('amount_money', 'currency') }} as amount,
        is_unlinked,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
