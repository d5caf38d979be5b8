-- How much of what a campaign cost its new customers have earned back, so many days after their first order.
with firsts as (

    select
        platform,
        campaign,
        attribution_model,
        customer_id,
        first_order_credit,
        performance_date as first_order_date
    from ({{ ad_credits() }}) as credited
    where first_order_credit > 0 and customer_id is not null

),

spend as (

    select
        platform,
        campaign,
        cast(sum(spend_amount) as decimal(18, 4)) as spend_amount
    from {{ ref('int_ads__platform_days') }}
    group by platform, campaign
    having sum(spend_amount) > 0

),

watermark as (

    select {{ to_reporting_date('as_of') }} as as_of_date from {{ ref('int_as_of') }}

),

horizons as (

    {%- for days in [0, 30, 60, 90, 180, 365] %}
        select cast({{ days }} as bigint) as days_since_first_order
        {{ 'union all' if not loop.last }}
    {%- endfor %}

),

earned as (

    select
        firsts.platform,
        firsts.campaign,
        firsts.attribution_model,
        horizons.days_since_first_order,
        cast(sum(cast(
            cast(firsts.first_order_credit as double) * cast(margins.known_margin_amount as double) as decimal(28, 8)
        )) as decimal(18, 4)) as credited_margin_amount
    from firsts
    cross join horizons
    inner join {{ ref('fct_orders') }} as orders
        on
            firsts.customer_id = orders.customer_id
            and not (orders.is_test or orders.is_cancelled or orders.is_return)
            and {{ dbt.datediff('firsts.first_order_date', 'orders.order_date', 'day') }}
            between 0 and horizons.days_since_first_order
    inner join {{ ref('int_orders__order_facts') }} as margins on orders.order_key = margins.order_key
    group by firsts.platform, firsts.campaign, firsts.attribution_model, horizons.days_since_first_order

),

cohorts as (

    select
        firsts.platform,
        firsts.campaign,
        firsts.attribution_model,
        horizons.days_since_first_order,
        sum(firsts.first_order_credit) as credited_new_customers,
        sum(case
            when
                {{ dbt.datediff('firsts.first_order_date', 'watermark.as_of_date', 'day') }}
                >= horizons.days_since_first_order
                then firsts.first_order_credit
            else 0
        end) as mature_new_customers
    from firsts
    cross join horizons
    cross join watermark
    group by firsts.platform, firsts.campaign, firsts.attribution_model, horizons.days_since_first_order

),

fct_ad_payback as (

    select
        {{ surrogate_key(
            ['cohorts.platform', 'cohorts.campaign', 'cohorts.attribution_model', 'cohorts.days_since_first_order']
        ) }} as ad_payback_key,
        cohorts.platform,
        cohorts.campaign,
        cohorts.attribution_model,
        cohorts.days_since_first_order,
        '{{ reporting_currency() }}' as currency_code,
        spend.spend_amount,
        cast(cohorts.credited_new_customers as decimal(28, 12)) as credited_new_customers,
        cast(
            {{ safe_divide('cohorts.mature_new_customers', 'cohorts.credited_new_customers') }} as decimal(18, 6)
        ) as mature_share,
        cast(coalesce(earned.credited_margin_amount, 0) as decimal(18, 4)) as credited_margin_amount,
        cast({{ safe_divide('spend.spend_amount', 'cohorts.credited_new_customers') }} as decimal(18, 4)) as cac,
        cast(
            {{ safe_divide('coalesce(earned.credited_margin_amount, 0)', 'spend.spend_amount') }} as decimal(18, 6)
        ) as payback_share
    from cohorts
    inner join spend on cohorts.platform = spend.platform and cohorts.campaign = spend.campaign
    left join earned
        on
            cohorts.platform = earned.platform
            and cohorts.campaign = earned.campaign
            and cohorts.attribution_model = earned.attribution_model
            and cohorts.days_since_first_order = earned.days_since_first_order

)

select * from fct_ad_payback
