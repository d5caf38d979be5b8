-- A day of an account is landed as a whole, so of several loads of it only the last one counts (where loads append, as
-- on Spark, the earlier ones are still there). A day that lost its last row is one row without a campaign. Cost comes
-- in millionths.
with source as (

    select * from {{ source('google_ads', 'metrics') }}

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
        impressions,
        clicks,
        conversions,
        cast(cast(cost_micros as decimal(24, 0)) * cast(0.000001 as decimal(7, 6)) as decimal(18, 4)) as spend_amount,
        cast(conversions_value as decimal(18, 4)) as conversions_amount,
        cast(date as date) as metrics_date
    from dated
    where campaign_id is not null and _dlt_load_id is not distinct from last_load_id

)

select * from renamed
