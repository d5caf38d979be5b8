with source as (

    select * from {{ source('shopify', 'order_transactions') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['processed_at']) }} = 1

),

renamed as (

    select
        id as transaction_id,
        order_id,
        kind as transaction_kind,
        status as transaction_status,
        gateway,
        currency_code,
        cast(amount as decimal(18, 4)) as amount,
        is_test,
        cast(processed_at as timestamp) as processed_at
    from latest

)

select * from renamed
