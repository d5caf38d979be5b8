-- Ad money under one model, by platform and by campaign; ratios are made of sums, never averaged, and what nobody tells
-- of is empty, not 0. Claims of different platforms are never added up: they claim the same orders.
with summed as (

    select
        platform,
        campaign,
        grouping(campaign) = 1 as is_platform,
        min(currency_code) as currency_code,
        nullif(sum(spend_amount), 0) as spend_amount,
        sum(credited_revenue) as credited_revenue,
        sum(credited_orders) as credited_orders,
        sum(credited_new_customers) as credited_new_customers,
        case when sum(spend_amount) <> 0 or sum(claimed_amount) <> 0 then sum(claimed_amount) end as claimed_amount
    from fct_ad_performance
    where attribution_model = $attribution_model and performance_date between $first_date and $last_date
    group by grouping sets ((platform), (platform, campaign))

)

select
    *,
    credited_revenue / spend_amount as roas,
    claimed_amount / spend_amount as claimed_roas,
    spend_amount / nullif(credited_new_customers, 0) as cac,
    claimed_amount / nullif(credited_revenue, 0) as over_claim_factor
from summed
order by spend_amount desc nulls last, credited_revenue desc, platform asc, campaign asc nulls first
