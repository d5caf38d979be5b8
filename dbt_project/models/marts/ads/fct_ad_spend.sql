with spend as (

    select * from {{ ref('int_ads__spend') }}

),

campaigns as (

    select * from {{ ref('int_ads__campaigns') }}

),

fct_ad_spend as (

    select
        spend.ad_spend_key,
        spend.platform,
        spend.account_id,
        spend.account_name,
        spend.account_timezone,
        spend.campaign_id,
        spend.campaign_name,
        coalesce(campaigns.campaign, 'unknown') as campaign,
        spend.ad_group_id,
        spend.ad_group_name,
        spend.ad_id,
        spend.ad_name,
        spend.publisher,
        spend.account_currency_code,
        spend.currency_code,
        spend.exchange_rate,
        spend.impressions,
        spend.clicks,
        spend.account_spend_amount,
        spend.spend_amount,
        spend.spend_date
    from spend
    left join campaigns
        on spend.platform = campaigns.platform and {{ campaign_word('spend.campaign_id') }} = campaigns.spelling

)

select * from fct_ad_spend
