with source as (

    select * from {{ source('google_ads', 'customers') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', []) }} = 1

),

renamed as (

    select
        id as account_id,
        descriptive_name as account_name,
        currency_code,
        time_zone as account_timezone,
        status as account_status,
        coalesce(manager, false) as is_manager
    from latest

)

select * from renamed
