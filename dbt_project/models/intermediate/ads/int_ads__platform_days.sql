-- What a platform tells of an ad's day: cost, and the purchases that it claims by its own setting (one window
-- only, since windows overlap).
with campaigns as (

    select * from {{ ref('int_ads__campaigns') }}

),

told as (

    select
        platform,
        campaign_id,
        account_id,
        ad_group_id,
        ad_id,
        spend_date as performance_date,
        impressions,
        clicks,
        spend_amount,
        cast(0 as decimal(18, 6)) as claimed_conversions,
        cast(0 as decimal(18, 4)) as claimed_amount
    from {{ ref('int_ads__spend') }}
    union all
    select
        platform,
        campaign_id,
        account_id,
        ad_group_id,
        ad_id,
        claim_date as performance_date,
        0 as impressions,
        0 as clicks,
        cast(0 as decimal(18, 4)) as spend_amount,
        claimed_conversions,
        claimed_amount
    from {{ ref('int_ads__claims') }}
    where claim_type = 'purchase' and attribution_window = 'default'

),

platform_days as (

    select
        told.platform,
        coalesce(campaigns.campaign, 'unknown') as campaign,
        coalesce(told.account_id, 'unknown') as account_id,
        coalesce(told.ad_group_id, 'unknown') as ad_group_id,
        coalesce(told.ad_id, 'unknown') as ad_id,
        told.performance_date,
        cast(sum(told.impressions) as bigint) as impressions,
        cast(sum(told.clicks) as bigint) as clicks,
        cast(sum(told.spend_amount) as decimal(18, 4)) as spend_amount,
        cast(sum(told.claimed_conversions) as decimal(18, 6)) as claimed_conversions,
        cast(sum(told.claimed_amount) as decimal(18, 4)) as claimed_amount
    from told
    left join campaigns
        on told.platform = campaigns.platform and {{ campaign_word('told.campaign_id') }} = campaigns.spelling
    group by
        told.platform,
        coalesce(campaigns.campaign, 'unknown'),
        coalesce(told.account_id, 'unknown'),
        coalesce(told.ad_group_id, 'unknown'),
        coalesce(told.ad_id, 'unknown'),
        told.performance_date

)

select * from platform_days
