-- A day of an account is landed as a whole, so of several loads of it only the last one counts (where loads append, as
-- on Spark, the earlier ones are still there). A day that lost its last row is one row without a campaign.
with source as (

    select * from {{ source('google_ads', 'conversions') }}

),

dated as (

    select
        *,
        max(_dlt_load_id) over (partition by customer_id, date) as last_load_id
    from source

),

renamed as (

    select
        customer_id as account_id,
        account_currency as currency_code,
        account_timezone,
        campaign_id,
        campaign_name,
        advertising_channel_type as channel_type,
        ad_group_id,
        ad_group_name,
        ad_id,
        ad_name,
        asset_group_id,
        asset_group_name,
        coalesce(ad_id, asset_group_id) as shown_ad_id,
        coalesce(ad_group_id, asset_group_id) as shown_ad_group_id,
        conversion_action as conversion_action_resource,
        conversion_action_name,
        conversion_action_category,
        conversions,
        all_conversions,
        cast(conversions_value as decimal(18, 4)) as conversions_amount,
        cast(all_conversions_value as decimal(18, 4)) as all_conversions_amount,
        cast(date as date) as conversions_date
    from dated
    where campaign_id is not null and _dlt_load_id is not distinct from last_load_id

)

select * from renamed
