with source as (

    select * from {{ source('amazon', 'transactions') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['posted_at']) }} = 1

),

renamed as (

    select
        id as transaction_id,
        transaction_type,
        description,
        marketplace_id,
        order_id,
        shipment_id,
        refund_id,
        currency as currency_code,
        cast(total_amount as decimal(18, 4)) as total_amount,
        cast(posted_at as timestamp) as posted_at
    from latest

)

select * from renamed
