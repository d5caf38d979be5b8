-- Ad money under one model, by platform (campaign is null) and by campaign; ratios are made of sums, never averaged.
-- Claims of different platforms are never added up: they claim the same orders.
with summed as (

    select
        platform,
        campaign,
        min(currency_code) as currency_code,
        sum(spend_amount) as spend_amount,
        sum(credited_revenue) as credited_revenue,
        sum(credited_orders) as credited_orders,
        sum(credited_new_customers) as credited_new_customers,
        sum(claimed_amount) as claimed_amount,
        sum(claimed_conversions) as claimed_conversions
    from fct_ad_performance
    where attribution_model = $attribution_model and performance_date between $first_date and $last_date
    group by grouping sets ((platform), (platform, campaign))

)

select
    *,
    credited_revenue / nullif(spend_amount, 0) as roas,
    claimed_amount / nullif(spend_amount, 0) as claimed_roas,
    spend_amount / nullif(credited_new_customers, 0) as cac,
    claimed_amount / nullif(credited_revenue, 0) as over_claim_factor
from summed
order by spend_amount desc, credited_revenue desc, platform asc, campaign asc nulls first
