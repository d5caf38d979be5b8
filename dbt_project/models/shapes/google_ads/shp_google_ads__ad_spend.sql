-- Names as they were told with the figures. An asset group of Performance Max, which has no ads, stands for its ad and
-- its ad group. Google Ads is the platform `google`: audiences and conversions are sent there by that word. Where an ad
-- was shown is told by the kind of its campaign; a campaign of many places (Performance Max) is its own.
with metrics as (

    select * from {{ ref('stg_google_ads__metrics') }}

),

shaped as (

    select
        'google' as source_system,
        'google:' || metrics.account_id || ':' || metrics.shown_ad_group_id || ':' || metrics.shown_ad_id || ':'
        || cast(metrics.metrics_date as string) as ad_spend_key,
        metrics.account_id,
        customers.account_name,
        coalesce(metrics.account_timezone, customers.account_timezone) as account_timezone,
        metrics.campaign_id,
        coalesce(metrics.campaign_name, campaigns.campaign_name) as campaign_name,
        metrics.shown_ad_group_id as ad_group_id,
        coalesce(metrics.ad_group_name, metrics.asset_group_name) as ad_group_name,
        metrics.shown_ad_id as ad_id,
        coalesce(metrics.ad_name, metrics.asset_group_name) as ad_name,
        {{ google_ads_publisher('metrics.channel_type') }} as publisher,
        coalesce(metrics.currency_code, customers.currency_code) as currency_code,
        metrics.metrics_date as spend_date,
        coalesce(metrics.impressions, 0) as impressions,
        coalesce(metrics.clicks, 0) as clicks,
        coalesce(metrics.spend_amount, 0) as spend_amount
    from metrics
    left join {{ ref('stg_google_ads__customers') }} as customers on metrics.account_id = customers.account_id
    left join {{ ref('stg_google_ads__campaigns') }} as campaigns on metrics.campaign_id = campaigns.campaign_id

)

select * from shaped
