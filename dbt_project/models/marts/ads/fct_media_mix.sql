-- Weeks x places x variables without gaps, as media-mix models read them: pivoted by variable_name it is the table that
-- Meridian's loaders take. Platforms tell no places here, so what they cost and showed is dealt by population; with no
-- population known it stays with the place `unknown`. Sums over places are the platforms' own.
{%- set sold = {
    'net_sales': ('kpi', 'sum(coalesce(net_sales_amount, 0))'),
    'orders': ('kpi', 'count(case when not is_cancelled and not is_return then 1 end)'),
    'new_customers': ('kpi', 'count(case when is_new_customer then 1 end)'),
    'discount_share': ('non_media_treatment', safe_divide('sum(discount_amount)', 'sum(gross_amount)')),
} %}
{%- set media = {'spend': 'media_spend', 'impressions': 'media', 'clicks': 'media'} %}
with orders as (

    select
        orders.*,
        cast(date_trunc('week', orders.order_date) as date) as week_start_date,
        coalesce(
            case when orders.channel = 'store' then locations.country_code || '-' || locations.region_code end,
            customers.country_code || '-' || customers.region_code,
            'unknown'
        ) as geo
    from {{ ref('fct_orders') }} as orders
    left join {{ ref('dim_customers') }} as customers on orders.customer_id = customers.customer_id
    left join {{ ref('dim_locations') }} as locations on orders.location_key = locations.location_key
    where not orders.is_test

),

sold as (

    select
        {%- for name, (_, expression) in sold.items() %}
            {{ expression }} as {{ name }},
        {%- endfor %}
        week_start_date,
        geo
    from orders
    group by week_start_date, geo

),

media as (

    select
        platform || coalesce('_' || publisher, '') as media_channel,
        cast(date_trunc('week', spend_date) as date) as week_start_date,
        cast(coalesce(sum(spend_amount), 0) as decimal(18, 4)) as spend,
        cast(coalesce(sum(impressions), 0) as decimal(18, 4)) as impressions,
        cast(coalesce(sum(clicks), 0) as decimal(18, 4)) as clicks,
        min(spend_date) as first_date,
        max(spend_date) as last_date
    from {{ ref('fct_ad_spend') }}
    group by platform || coalesce('_' || publisher, ''), cast(date_trunc('week', spend_date) as date)

),

span as (

    select
        min(first_date) as first_date,
        max(last_date) as last_date
    from (
        select
            min(order_date) as first_date,
            max(order_date) as last_date
        from orders
        union all
        select
            min(first_date) as first_date,
            max(last_date) as last_date
        from media
    ) as spans

),

weeks as (

    select
        cast({{ dbt.dateadd('week', 'numbers.week_number', "date_trunc('week', span.first_date)") }} as date)
            as week_start_date,
        span.first_date,
        numbers.week_number,
        watermark.as_of
    from span
    cross join {{ ref('int_as_of') }} as watermark
    cross join range(0, 2000) as numbers (week_number)
    where {{ dbt.dateadd('week', 'numbers.week_number', "date_trunc('week', span.first_date)") }} <= span.last_date

),

shares as ({{ media_mix_shares() }}),

cells as ({{ media_mix_cells(sold, media) }}),

fct_media_mix as (

    select
        {{ surrogate_key(['cells.week_start_date', 'cells.geo', 'cells.variable_name']) }} as media_mix_key,
        cells.geo,
        cells.variable_name,
        cells.variable_type,
        cells.media_channel,
        cells.value,
        shares.population,
        cells.week_start_date >= weeks.first_date
        and {{ dbt.dateadd('day', '7', 'cells.week_start_date') }} <= {{ to_reporting_date('weeks.as_of') }}
            as is_complete_week,
        cells.week_start_date
    from cells
    inner join shares on cells.geo = shares.geo
    inner join weeks on cells.week_start_date = weeks.week_start_date

)

select * from fct_media_mix
