with source as (

    select * from {{ source('shopify', 'refunds') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as refund_id,
        order_id,
        return_id,
        currency_code,
        exchange_line_count,
        cast(total_amount as decimal(18, 4)) as total_amount,
        cast(shipping_amount as decimal(18, 4)) as shipping_amount,
        cast(adjustment_amount as decimal(18, 4)) as adjustment_amount,
        cast(created_at as timestamp) as created_at,
        cast(processed_at as timestamp) as processed_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
