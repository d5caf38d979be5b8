{# Credit of visits that were paid for, with the ad that sold them; what their platform tells is 0 here, or unknown where its
   accounts are not read. #}
{% macro ad_credits() %}
    select
        ad_touchpoints.platform,
        ad_touchpoints.account_id,
        ad_touchpoints.campaign,
        ad_touchpoints.ad_group_id,
        ad_touchpoints.ad_id,
        attribution.attribution_model,
        attribution.conversion_id,
        attribution.customer_id,
        attribution.converted_date as performance_date,
        attribution.credit,
        attribution.attributed_revenue,
        case when orders.is_first_order then attribution.credit else 0 end as first_order_credit,
        cast(
            round(cast(attribution.credit as double) * cast(margins.known_margin_amount as double), 8) as decimal(28, 8)
        ) as margin,
        case when platforms_read.platform is not null then 0 end as nothing_told
    from {{ ref('fct_attribution') }} as attribution
    inner join {{ ref('int_ads__touchpoints') }} as ad_touchpoints
        on attribution.touchpoint_id = ad_touchpoints.touchpoint_id
    inner join {{ ref('fct_orders') }} as orders on attribution.conversion_id = orders.order_key
    left join {{ ref('int_orders__order_facts') }} as margins on attribution.conversion_id = margins.order_key
    left join (select distinct platform from {{ ref('int_ads__platform_days') }}) as platforms_read
        on ad_touchpoints.platform = platforms_read.platform
{% endmacro %}

{# Names of ads and their groups change; the newest one stands for all days. #}
{% macro newest_ad_names() %}
    select
        platform,
        ad_id,
        max_by(ad_group_name, spend_date) as ad_group_name,
        max_by(ad_name, spend_date) as ad_name
    from {{ ref('int_ads__spend') }}
    group by platform, ad_id
{% endmacro %}
