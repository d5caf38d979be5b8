-- Catches: credit that reaches a campaign twice or not at all: what all campaigns are credited with, and what all other
-- channels are, must come to the credit and the money of orders in fct_attribution, model by model and day by day.
with attribution as (

    select
        attribution_model,
        converted_date as performance_date,
        sum(credit) as credit,
        sum(attributed_revenue) as revenue
    from {{ ref('fct_attribution') }}
    where conversion_type <> 'sign_up'
    group by attribution_model, converted_date

),

-- Told apart by the channel, not by the touchpoints that the mart joins: another path to the same answer.
other_channels as (

    select
        attribution_model,
        converted_date as performance_date,
        credit,
        attributed_revenue as revenue
    from {{ ref('fct_attribution') }}
    where
        conversion_type <> 'sign_up'
        and (
            channel not in (select ad_platforms.channel from {{ ref('ad_platforms') }} as ad_platforms)
            or touch_type <> 'visit'
            or touch_type is null
        )

),

parts as (

    select
        attribution_model,
        performance_date,
        credit,
        revenue
    from other_channels
    union all
    select
        attribution_model,
        performance_date,
        credited_orders as credit,
        credited_revenue as revenue
    from {{ ref('fct_ad_performance') }}

),

summed as (

    select
        attribution_model,
        performance_date,
        sum(credit) as credit,
        sum(revenue) as revenue
    from parts
    group by attribution_model, performance_date

)

select
    summed.attribution_model,
    summed.performance_date,
    attribution.credit,
    summed.credit as summed_credit,
    attribution.revenue,
    summed.revenue as summed_revenue
from summed
left join attribution
    on
        summed.attribution_model = attribution.attribution_model
        and summed.performance_date = attribution.performance_date
where
    summed.credit <> coalesce(attribution.credit, 0)
    or summed.revenue <> coalesce(attribution.revenue, 0)
