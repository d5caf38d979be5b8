with source as (

    select * from {{ source('google_ads', 'ad_groups') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', []) }} = 1

),

renamed as (

    select
        id as ad_group_id,
        customer_id as account_id,
        campaign_id,
        name as ad_group_name,
        type as ad_group_type,
        status as ad_group_status
    from latest

)

select * from renamed
