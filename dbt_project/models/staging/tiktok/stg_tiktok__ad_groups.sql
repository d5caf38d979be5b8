with source as (

    select * from {{ source('tiktok', 'ad_groups') }}

),

latest as (

    select *
    from source
    qualify {{ version_rank('adgroup_id', ['modify_time']) }} = 1

),

renamed as (

    select
        adgroup_id as ad_group_id,
        advertiser_id as account_id,
        campaign_id,
        adgroup_name as ad_group_name,
        optimization_goal,
        click_attribution_window,
        view_attribution_window,
        operation_status as ad_group_status,
        secondary_status as effective_status,
        cast(create_time as timestamp) as created_at,
        cast(modify_time as timestamp) as updated_at
    from latest

)

select * from renamed
