-- What ads cost, what we credit them with and what their platforms claim, side by side. They are put under one another
-- and summed, so that spend without credit, credit without spend and claims without either all stay. Of a platform
-- whose accounts are not read, cost and claims are unknown: null, not 0.
with attribution_models as (

    {{ attribution_model_names() }}

),

platforms_read as (

    select distinct platform from {{ ref('int_ads__platform_days') }}

),

credited as (

    select
        ad_touchpoints.platform,
        ad_touchpoints.campaign,
        attribution.attribution_model,
        attribution.converted_date as performance_date,
        attribution.credit,
        attribution.attributed_revenue,
        case when orders.is_first_order then attribution.credit else 0 end as first_order_credit,
        case when platforms_read.platform is not null then 0 end as nothing_told
    from {{ ref('fct_attribution') }} as attribution
    inner join {{ ref('int_ads__touchpoints') }} as ad_touchpoints
        on attribution.touchpoint_id = ad_touchpoints.touchpoint_id
    inner join {{ ref('fct_orders') }} as orders on attribution.conversion_id = orders.order_key
    left join platforms_read on ad_touchpoints.platform = platforms_read.platform

),

-- What a platform tells does not depend on the model; it is repeated for each, so that one can be chosen.
figures as (

    select
        platform_days.performance_date,
        platform_days.platform,
        platform_days.campaign,
        attribution_models.attribution_model,
        platform_days.impressions,
        platform_days.clicks,
        platform_days.spend_amount,
        platform_days.claimed_conversions,
        platform_days.claimed_amount,
        cast(0 as decimal(18, 12)) as credit,
        cast(0 as decimal(18, 12)) as first_order_credit,
        cast(0 as decimal(18, 4)) as attributed_revenue
    from {{ ref('int_ads__platform_days') }} as platform_days
    cross join attribution_models
    union all
    select
        performance_date,
        platform,
        campaign,
        attribution_model,
        nothing_told as impressions,
        nothing_told as clicks,
        nothing_told as spend_amount,
        nothing_told as claimed_conversions,
        nothing_told as claimed_amount,
        credit,
        first_order_credit,
        attributed_revenue
    from credited

),

summed as (

    select
        performance_date,
        platform,
        campaign,
        attribution_model,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(spend_amount) as decimal(18, 4)) as spend_amount,
        cast(sum(credit) as decimal(28, 12)) as credited_orders,
        cast(sum(first_order_credit) as decimal(28, 12)) as credited_new_customers,
        cast(sum(attributed_revenue) as decimal(18, 4)) as credited_revenue,
        cast(sum(claimed_conversions) as decimal(18, 6)) as claimed_conversions,
        cast(sum(claimed_amount) as decimal(18, 4)) as claimed_amount
    from figures
    group by performance_date, platform, campaign, attribution_model

),

fct_ad_performance as (

    select
        {{ surrogate_key(['performance_date', 'platform', 'campaign', 'attribution_model']) }} as ad_performance_key,
        platform,
        campaign,
        attribution_model,
        '{{ reporting_currency() }}' as currency_code,
        impressions,
        clicks,
        spend_amount,
        credited_orders,
        credited_new_customers,
        credited_revenue,
        claimed_conversions,
        claimed_amount,
        cast({{ safe_divide('credited_revenue', 'spend_amount') }} as decimal(18, 6)) as roas,
        cast({{ safe_divide('spend_amount', 'credited_new_customers') }} as decimal(18, 4)) as cac,
        cast({{ safe_divide('claimed_amount', 'spend_amount') }} as decimal(18, 6)) as claimed_roas,
        cast({{ safe_divide('claimed_amount', 'credited_revenue') }} as decimal(18, 6)) as over_claim_factor,
        performance_date
    from summed

)

select * from fct_ad_performance
