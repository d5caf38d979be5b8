-- Catches: spend lost or doubled where it is dealt to places, orders lost where their place is unknown, and gaps, which
-- media-mix models refuse.
with spent as (

    select
        cast(date_trunc('week', performance_date) as date) as week_start_date,
        'spend' as figure,
        coalesce(sum(spend_amount), 0) as told
    from {{ ref('fct_ad_performance') }}
    where attribution_model = 'linear'
    group by cast(date_trunc('week', performance_date) as date)

),

sold as (

    select
        cast(date_trunc('week', sales_date) as date) as week_start_date,
        'net_sales' as figure,
        sum(net_sales_amount) as told
    from {{ ref('fct_daily_sales') }}
    group by cast(date_trunc('week', sales_date) as date)

),

told as (

    select * from spent
    union all
    select * from sold

),

kept as (

    select
        week_start_date,
        case when variable_type = 'media_spend' then 'spend' else variable_name end as figure,
        sum(value) as kept
    from {{ ref('fct_media_mix') }}
    where variable_type = 'media_spend' or variable_name = 'net_sales'
    group by week_start_date, case when variable_type = 'media_spend' then 'spend' else variable_name end

),

gaps as (

    select
        cast(null as date) as week_start_date,
        'gaps' as figure,
        count(*) as told,
        count(distinct week_start_date) * count(distinct geo) * count(distinct variable_name) as kept
    from {{ ref('fct_media_mix') }}

)

select
    coalesce(told.week_start_date, kept.week_start_date) as week_start_date,
    coalesce(told.figure, kept.figure) as figure,
    told.told,
    kept.kept
from told
full join kept on told.week_start_date = kept.week_start_date and told.figure = kept.figure
where coalesce(told.told, 0) <> coalesce(kept.kept, 0)
union all
select * from gaps
where told <> kept
