with source as (

    select * from {{ source('square', 'loyalty_accounts') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', ['updated_at']) }} = 1

),

renamed as (

    select
        id as loyalty_account_id,
        customer_id,
        program_id,
        phone_number as phone,
        balance,
        lifetime_points,
        cast(created_at as timestamp) as created_at,
        cast(updated_at as timestamp) as updated_at
    from latest

)

select * from renamed
