-- Units that were ordered or bought of a SKU at a location, per business day on which there were any; until yesterday,
-- as today is not over. Days without a row are days without demand, from known_from_date on. lead_days is the time that
-- stock must last: until somebody looks again, and until what is ordered then has come.
{%- set settings = var('replenishment') %}
with now as (

    select * from {{ ref('int_as_of') }}

),

running_stock as (

    select * from {{ ref('int_inventory__running_stock') }}

),

days as (

    select
        running_stock.sku,
        running_stock.location_key,
        {{ to_reporting_date('running_stock.occurred_at') }} as demand_date,
        {{ to_reporting_date('running_stock.known_since') }} as known_from_date,
        {{ to_reporting_date('now.as_of') }} as today_date,
        running_stock.demand_quantity
    from running_stock
    cross join now
    where running_stock.demand_quantity > 0

),

lead_times as (

    select
        sku,
        location_key,
        max(typical_lead_days) as typical_lead_days
    from {{ ref('int_inventory__deliveries') }}
    group by sku, location_key

),

daily_demand as (

    select
        days.sku,
        days.location_key,
        days.demand_date,
        cast(sum(days.demand_quantity) as bigint) as units,
        min(days.known_from_date) as known_from_date,
        cast({{ dbt.dateadd('day', -1, 'max(days.today_date)') }} as date) as last_date,
        cast(
            coalesce(max(lead_times.typical_lead_days), {{ settings.default_lead_days }}) + {{ settings.review_days }}
            as decimal(18, 6)
        ) as lead_days,
        cast({{ settings.service_level }} as decimal(18, 6)) as service_level
    from days
    left join lead_times on days.sku = lead_times.sku and days.location_key = lead_times.location_key
    where days.demand_date < days.today_date
    group by days.sku, days.location_key, days.demand_date

)

select * from daily_demand
