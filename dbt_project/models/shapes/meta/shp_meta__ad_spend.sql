-- Names as they were told with the figures; where Meta told none, the object's own newest.
with insights as (

    select * from {{ ref('stg_meta__insights') }}

),

shaped as (

    select
        'meta' as source_system,
        'meta:' || insights.account_id || ':' || insights.ad_id || ':' || insights.publisher || ':'
        || cast(insights.insight_date as string) as ad_spend_key,
        insights.account_id,
        coalesce(insights.account_name, accounts.account_name) as account_name,
        coalesce(insights.account_timezone, accounts.account_timezone) as account_timezone,
        coalesce(insights.campaign_id, ads.campaign_id) as campaign_id,
        coalesce(insights.campaign_name, campaigns.campaign_name) as campaign_name,
        coalesce(insights.ad_set_id, ads.ad_set_id) as ad_group_id,
        coalesce(insights.ad_set_name, ad_sets.ad_set_name) as ad_group_name,
        insights.ad_id,
        coalesce(insights.ad_name, ads.ad_name) as ad_name,
        insights.publisher,
        coalesce(insights.currency_code, accounts.currency_code) as currency_code,
        insights.insight_date as spend_date,
        coalesce(insights.impressions, 0) as impressions,
        coalesce(insights.clicks, 0) as clicks,
        coalesce(insights.spend_amount, 0) as spend_amount
    from insights
    left join {{ ref('stg_meta__accounts') }} as accounts on insights.account_id = accounts.account_id
    left join {{ ref('stg_meta__ads') }} as ads on insights.ad_id = ads.ad_id
    left join {{ ref('stg_meta__ad_sets') }} as ad_sets
        on coalesce(insights.ad_set_id, ads.ad_set_id) = ad_sets.ad_set_id
    left join {{ ref('stg_meta__campaigns') }} as campaigns
        on coalesce(insights.campaign_id, ads.campaign_id) = campaigns.campaign_id

)

select * from shaped
