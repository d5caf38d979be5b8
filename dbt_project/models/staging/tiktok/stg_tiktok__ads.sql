with source as (

    select * from {{ source('tiktok', 'ads') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('ad_id', ['modify_time']) }} = 1

),

renamed as (

    select
        ad_id,
        advertiser_id as account_id,
        campaign_id,
        adgroup_id as ad_group_id,
        ad_name,
        ad_format,
        operation_status as ad_status,
        secondary_status as effective_status,
        cast(create_time as timestamp) as created_at,
        cast(modify_time as timestamp) as updated_at
    from latest

)

select * from renamed
