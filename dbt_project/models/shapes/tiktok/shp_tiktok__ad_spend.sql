-- Names as they were told with the figures; where TikTok told none, the object's own newest. Figures by ad do not tell
-- which of TikTok's apps showed it.
with reports as (

    select * from {{ ref('stg_tiktok__reports') }}

),

shaped as (

    select
        'tiktok' as source_system,
        'tiktok:' || reports.account_id || ':' || reports.ad_id || ':' || cast(reports.report_date as string)
            as ad_spend_key,
        reports.account_id,
        advertisers.account_name,
        coalesce(reports.account_timezone, advertisers.account_timezone) as account_timezone,
        coalesce(reports.campaign_id, ads.campaign_id) as campaign_id,
        coalesce(reports.campaign_name, campaigns.campaign_name) as campaign_name,
        coalesce(reports.ad_group_id, ads.ad_group_id) as ad_group_id,
        coalesce(reports.ad_group_name, ad_groups.ad_group_name) as ad_group_name,
        reports.ad_id,
        coalesce(reports.ad_name, ads.ad_name) as ad_name,
        cast(null as string) as publisher,
        coalesce(reports.currency_code, advertisers.currency_code) as currency_code,
        reports.report_date as spend_date,
        coalesce(reports.impressions, 0) as impressions,
        coalesce(reports.clicks, 0) as clicks,
        coalesce(reports.spend_amount, 0) as spend_amount
    from reports
    left join {{ ref('stg_tiktok__advertisers') }} as advertisers on reports.account_id = advertisers.account_id
    left join {{ ref('stg_tiktok__ads') }} as ads on reports.ad_id = ads.ad_id
    left join {{ ref('stg_tiktok__ad_groups') }} as ad_groups
        on coalesce(reports.ad_group_id, ads.ad_group_id) = ad_groups.ad_group_id
    left join {{ ref('stg_tiktok__campaigns') }} as campaigns
        on coalesce(reports.campaign_id, ads.campaign_id) = campaigns.campaign_id

)

select * from shaped
