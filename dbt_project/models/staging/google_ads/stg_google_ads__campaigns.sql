with source as (

    select * from {{ source('google_ads', 'campaigns') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', []) }} = 1

),

renamed as (

    select
        id as campaign_id,
        customer_id as account_id,
        name as campaign_name,
        advertising_channel_type as channel_type,
        status as campaign_status
    from latest

)

select * from renamed
