-- What ads cost, what we credit them with and what their platforms claim, side by side. They are put under one another
-- and summed, so that spend without credit, credit without spend and claims without either all stay. Of a platform
-- whose accounts are not read, cost and claims are unknown: null, not 0.
{% set ad = ['platform', 'account_id', 'campaign', 'ad_group_id', 'ad_id'] %}
{% set told = ['impressions', 'clicks', 'spend_amount', 'claimed_conversions', 'claimed_amount'] %}
with attribution_models as (

    {{ attribution_model_names() }}

),

-- What a platform tells does not depend on the model; it is repeated for each, so that one can be chosen.
figures as (

    select
        platform_days.performance_date,
        {%- for column in ad %}
            platform_days.{{ column }},
        {%- endfor %}
        attribution_models.attribution_model,
        {%- for column in told %}
            platform_days.{{ column }},
        {%- endfor %}
        cast(0 as decimal(18, 12)) as credit,
        cast(0 as decimal(18, 12)) as first_order_credit,
        cast(0 as decimal(18, 4)) as attributed_revenue,
        cast(null as decimal(28, 8)) as margin
    from {{ ref('int_ads__platform_days') }} as platform_days
    cross join attribution_models
    union all
    select
        performance_date,
        {{ ad | join(', ') }},
        attribution_model,
        {%- for column in told %}
            nothing_told as {{ column }},
        {%- endfor %}
        credit,
        first_order_credit,
        attributed_revenue,
        margin
    from ({{ ad_credits() }}) as credited

),

summed as (

    select
        performance_date,
        {{ ad | join(', ') }},
        attribution_model,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(spend_amount) as decimal(18, 4)) as spend_amount,
        cast(sum(credit) as decimal(28, 12)) as credited_orders,
        cast(sum(first_order_credit) as decimal(28, 12)) as credited_new_customers,
        cast(sum(attributed_revenue) as decimal(18, 4)) as credited_revenue,
        -- Unknown where there is credit and no cost is known; no credit is no margin.
        cast(
            case when sum(credit) = 0 or count(margin) > 0 then coalesce(sum(margin), 0) end as decimal(18, 4)
        ) as credited_margin_amount,
        cast(sum(claimed_conversions) as decimal(18, 6)) as claimed_conversions,
        cast(sum(claimed_amount) as decimal(18, 4)) as claimed_amount
    from figures
    group by performance_date, {{ ad | join(', ') }}, attribution_model

),

names as (

    {{ newest_ad_names() }}

),

named as (

    select
        summed.*,
        names.ad_group_name,
        names.ad_name
    from summed
    left join names on summed.platform = names.platform and summed.ad_id = names.ad_id

),

fct_ad_performance as (

    select
        {{ surrogate_key(['performance_date'] + ad + ['attribution_model']) }} as ad_performance_key,
        platform,
        account_id,
        campaign,
        ad_group_id,
        ad_group_name,
        ad_id,
        ad_name,
        attribution_model,
        '{{ reporting_currency() }}' as currency_code,
        impressions,
        clicks,
        spend_amount,
        credited_orders,
        credited_new_customers,
        credited_revenue,
        credited_margin_amount,
        cast(credited_margin_amount - spend_amount as decimal(18, 4)) as contribution_margin_amount,
        claimed_conversions,
        claimed_amount,
        cast({{ safe_divide('credited_revenue', 'spend_amount') }} as decimal(18, 6)) as roas,
        cast({{ safe_divide('spend_amount', 'credited_new_customers') }} as decimal(18, 4)) as cac,
        cast({{ safe_divide('spend_amount', 'credited_orders') }} as decimal(18, 4)) as cost_per_order_amount,
        cast({{ safe_divide('claimed_amount', 'spend_amount') }} as decimal(18, 6)) as claimed_roas,
        cast({{ safe_divide('claimed_amount', 'credited_revenue') }} as decimal(18, 6)) as over_claim_factor,
        performance_date
    from named

)

select * from fct_ad_performance
