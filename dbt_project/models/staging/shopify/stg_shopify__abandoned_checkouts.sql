with source as (

    select * from {{ source('shopify', 'abandoned_checkouts') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as checkout_id,
        customer_id,
        email,
        currency_code,
        cast(total_amount as decimal(18, 4)) as total_amount,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at,
        cast(completed_at as timestamp) as completed_at
    from latest

)

select * from renamed
