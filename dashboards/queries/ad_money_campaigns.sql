-- Ad money by platform and campaign under one model; the ratios are made of the sums, never averaged.
with summed as (

    select
        platform,
        campaign_name,
        min(currency_code) as currency_code,
        sum(spend_amount) as spend_amount,
        sum(attributed_revenue) as attributed_revenue,
        sum(attributed_order_count) as attributed_order_count,
        sum(new_customer_count) as new_customer_count,
        sum(claimed_revenue) as claimed_revenue,
        sum(claimed_conversion_count) as claimed_conversion_count
    from fct_ad_performance
    where attribution_model = $attribution_model and performance_date between $first_date and $last_date
    group by platform, campaign_name

)

select
    *,
    attributed_revenue / nullif(spend_amount, 0) as roas,
    claimed_revenue / nullif(spend_amount, 0) as claimed_roas,
    spend_amount / nullif(new_customer_count, 0) as cac,
    claimed_revenue / nullif(attributed_revenue, 0) as over_claim_factor
from summed
order by spend_amount desc, platform asc, campaign_name asc
