-- What was paid to show people what could not be bought. An ad names no product, but its visits do: a campaign's day is
-- spent on sold-out products in the share in which the products that its visits looked at were out of stock online just
-- then. A visit counts once, however many products it looked at; visits that looked at none say nothing.
with ad_visits as (

    select
        touchpoints.session_id,
        ad_touchpoints.platform,
        ad_touchpoints.campaign,
        {{ to_reporting_date('touchpoints.touched_at') }} as spend_date
    from {{ ref('int_ads__touchpoints') }} as ad_touchpoints
    inner join {{ ref('int_journeys__touchpoints') }} as touchpoints
        on ad_touchpoints.touchpoint_id = touchpoints.touchpoint_id

),

looked_at as (

    select
        session_events.session_id,
        events.sku,
        min(events.occurred_at) as looked_at
    from {{ ref('int_events__events') }} as events
    inner join {{ ref('int_journeys__session_events') }} as session_events
        on events.event_key = session_events.event_key
    inner join ad_visits on session_events.session_id = ad_visits.session_id
    where events.sku is not null
    group by session_events.session_id, events.sku

),

sold_out as (

    select
        looked_at.session_id,
        cast(
            count(case when selling_points.available_quantity <= 0 then 1 end) / cast(count(*) as double)
            as decimal(28, 12)
        ) as sold_out_share
    from looked_at
    inner join {{ ref('int_inventory__selling_points') }} as selling_points
        on
            looked_at.sku = selling_points.sku
            and selling_points.channel = 'online'
            and looked_at.looked_at >= selling_points.changed_at
            and looked_at.looked_at < coalesce(selling_points.changed_next_at, cast('9999-12-31' as timestamp))
    group by looked_at.session_id

),

visits as (

    select
        ad_visits.platform,
        ad_visits.campaign,
        ad_visits.spend_date,
        count(*) as ad_visits,
        count(sold_out.session_id) as product_visits,
        sum(sold_out.sold_out_share) as sold_out_visits
    from ad_visits
    left join sold_out on ad_visits.session_id = sold_out.session_id
    group by ad_visits.platform, ad_visits.campaign, ad_visits.spend_date

),

campaign_days as (

    select
        platform,
        campaign,
        performance_date as spend_date,
        cast(sum(spend_amount) as decimal(18, 4)) as spend_amount
    from {{ ref('int_ads__platform_days') }}
    group by platform, campaign, performance_date
    having sum(spend_amount) > 0

),

shared as (

    select
        campaign_days.platform,
        campaign_days.campaign,
        campaign_days.spend_date,
        campaign_days.spend_amount,
        coalesce(visits.ad_visits, 0) as ad_visits,
        coalesce(visits.product_visits, 0) as product_visits,
        cast(coalesce(visits.sold_out_visits, 0) as decimal(18, 6)) as sold_out_visits
    from campaign_days
    left join visits
        on
            campaign_days.platform = visits.platform
            and campaign_days.campaign = visits.campaign
            and campaign_days.spend_date = visits.spend_date

),

fct_sold_out_ad_spend as (

    select
        {{ surrogate_key(['platform', 'campaign', 'spend_date']) }} as sold_out_ad_spend_key,
        platform,
        campaign,
        spend_date,
        '{{ reporting_currency() }}' as currency_code,
        spend_amount,
        ad_visits,
        product_visits,
        sold_out_visits,
        cast(spend_amount * {{ safe_divide('sold_out_visits', 'product_visits') }} as decimal(18, 4))
            as sold_out_spend_amount
    from shared

)

select * from fct_sold_out_ad_spend
