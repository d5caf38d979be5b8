-- Claims are no revenue: platforms claim the same orders, and orders that would have come anyway. They stand beside our
-- credit in fct_ad_performance, and nothing else is made of them.
with claims as (

    select * from {{ ref('int_ads__claims') }}

),

campaigns as (

    select * from {{ ref('int_ads__campaigns') }}

),

fct_ad_claims as (

    select
        claims.ad_claim_key,
        claims.platform,
        claims.account_id,
        claims.campaign_id,
        claims.campaign_name,
        coalesce(campaigns.campaign, 'unknown') as campaign,
        claims.ad_group_id,
        claims.ad_id,
        claims.publisher,
        claims.claim_type,
        claims.attribution_window,
        claims.account_currency_code,
        claims.currency_code,
        claims.exchange_rate,
        claims.claimed_conversions,
        claims.account_claimed_amount,
        claims.claimed_amount,
        claims.claim_date
    from claims
    left join campaigns
        on claims.platform = campaigns.platform and {{ campaign_word('claims.campaign_id') }} = campaigns.spelling

)

select * from fct_ad_claims
