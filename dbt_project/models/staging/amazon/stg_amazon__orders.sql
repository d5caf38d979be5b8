with source as (

    select * from {{ source('amazon', 'orders') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as order_id,
        channel_name,
        marketplace_id,
        marketplace_name,
        fulfillment_status as fulfilment_status,
        fulfilled_by,
        buyer_email,
        city,
        region as region_code,
        postal_code,
        country_code,
        replaced_order_id,
        currency as currency_code,
        cast(total_amount as decimal(18, 4)) as total_amount,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
