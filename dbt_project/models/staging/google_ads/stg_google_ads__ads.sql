with source as (

    select * from {{ source('google_ads', 'ads') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('id', []) }} = 1

),

renamed as (

    select
        id as ad_id,
        customer_id as account_id,
        campaign_id,
        ad_group_id,
        name as ad_name,
        type as ad_type,
        status as ad_status
    from latest

)

select * from renamed
