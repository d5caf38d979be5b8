with source as (

    select * from {{ source('tiktok', 'advertisers') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('advertiser_id', []) }} = 1

),

renamed as (

    select
        advertiser_id as account_id,
        name as account_name,
        company,
        country as country_code,
        currency as currency_code,
        timezone as account_timezone,
        status as account_status
    from latest

)

select * from renamed
