with source as (

    select * from {{ source('meta', 'accounts') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', []) }} = 1

),

renamed as (

    select
        account_id,
        name as account_name,
        currency as currency_code,
        timezone_name as account_timezone,
        account_status
    from latest

)

select * from renamed
