with source as (

    select * from {{ source('loyaltylion', 'transactions') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['created_at']) }} = 1

),

renamed as (

    select
        id as transaction_id,
        customer_id as member_id,
        resource,
        rule_name,
        merchant_event_id as shop_event_id,
        points_approved,
        points_pending,
        cast(created_at as timestamp) as created_at
    from latest

)

select * from renamed
