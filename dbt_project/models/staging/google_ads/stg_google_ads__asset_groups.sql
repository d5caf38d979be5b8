with source as (

    select * from {{ source('google_ads', 'asset_groups') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', []) }} = 1

),

renamed as (

    select
        id as asset_group_id,
        customer_id as account_id,
        campaign_id,
        name as asset_group_name,
        status as asset_group_status
    from latest

)

select * from renamed
