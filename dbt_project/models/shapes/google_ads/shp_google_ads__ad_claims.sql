-- What Google says its ads brought, by the windows and the model of each conversion action, dated by the click. The
-- metric of conversions mixes purchases with whatever else is counted, so it is read by action, and the seed
-- ad_action_types names the category that is a purchase. Actions that are not primary count the same orders again.
with conversions as (

    select * from {{ ref('stg_google_ads__conversions') }}

),

counted as (

    select
        action_type,
        claim_type
    from {{ ref('ad_action_types') }}
    where source_system = 'google' and is_counted

),

shaped as (

    select
        'google' as source_system,
        'google:' || conversions.account_id || ':' || conversions.shown_ad_group_id || ':' || conversions.shown_ad_id
        || ':' || cast(conversions.conversions_date as string) || ':' || counted.claim_type || ':default'
            as ad_claim_key,
        conversions.account_id,
        max(conversions.campaign_id) as campaign_id,
        max(conversions.campaign_name) as campaign_name,
        conversions.shown_ad_group_id as ad_group_id,
        conversions.shown_ad_id as ad_id,
        max({{ google_ads_publisher('conversions.channel_type') }}) as publisher,
        counted.claim_type,
        'default' as attribution_window,
        max(conversions.currency_code) as currency_code,
        conversions.conversions_date as claim_date,
        sum(conversions.conversions) as claimed_conversions,
        coalesce(sum(conversions.conversions_amount), 0) as claimed_amount
    from conversions
    inner join counted on conversions.conversion_action_category = counted.action_type
    where conversions.conversions > 0
    group by
        conversions.account_id,
        conversions.shown_ad_group_id,
        conversions.shown_ad_id,
        counted.claim_type,
        conversions.conversions_date

)

select * from shaped
