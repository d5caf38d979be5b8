with source as (

    select * from {{ source('loyaltylion', 'customers') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as member_id,
        merchant_customer_id as shop_customer_id,
        linked_merchant_customer_ids as linked_shop_customer_ids_json,
        email,
        birthday,
        tier_name,
        points_approved,
        points_pending,
        points_spent,
        rewards_claimed,
        is_blocked,
        is_guest,
        is_enrolled,
        cast(enrolled_at as timestamp) as enrolled_at,
        cast(tier_expires_at as timestamp) as tier_expires_at,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
