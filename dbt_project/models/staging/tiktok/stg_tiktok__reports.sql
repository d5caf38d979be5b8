-- A day of an advertiser is landed as a whole, so of several loads of it only the last one counts (where loads append,
-- as on Spark, the earlier ones are still there). A day that lost its last row is one row without an ad.
with source as (

    select * from {{ source('tiktok', 'reports') }}

),

dated as (

    select
        *,
        max(_dlt_load_id) over (partition by advertiser_id, stat_date) as last_load_id
    from source

),

renamed as (

    select
        advertiser_id as account_id,
        account_currency as currency_code,
        account_timezone,
        campaign_id,
        campaign_name,
        adgroup_id as ad_group_id,
        adgroup_name as ad_group_name,
        ad_id,
        ad_name,
        impressions,
        clicks,
        conversion as conversions,
        complete_payment as purchases,
        vta_complete_payment as view_purchases,
        spend as spend_amount,
        total_complete_payment_rate as purchases_amount,
        vta_complete_payment_value as view_purchases_amount,
        cast(stat_date as date) as report_date
    from dated
    where ad_id is not null and _dlt_load_id is not distinct from last_load_id

)

select * from renamed
