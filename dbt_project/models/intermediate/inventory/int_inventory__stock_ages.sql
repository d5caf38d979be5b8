-- How old what lies there is: the units on hand are those that came last (first in, first out). What came before the
-- first document is as old as that.
with now as (

    select * from {{ ref('int_as_of') }}

),

running_stock as (

    select * from {{ ref('int_inventory__running_stock') }}

),

on_hand as (

    select
        sku,
        location_key,
        max_by(on_hand_after, place) as on_hand_quantity,
        min(known_since) as known_since
    from running_stock
    group by sku, location_key

),

arrivals as (

    select
        running_stock.sku,
        running_stock.location_key,
        running_stock.place,
        running_stock.quantity,
        case
            when running_stock.movement_type = 'opening' then running_stock.known_since else running_stock.occurred_at
        end as arrived_at,
        sum(running_stock.quantity) over (
            partition by running_stock.sku, running_stock.location_key order by running_stock.place desc nulls last
            rows between unbounded preceding and 1 preceding
        ) as arrived_later
    from running_stock
    where running_stock.quantity > 0

),

left_over as (

    select
        arrivals.sku,
        arrivals.location_key,
        arrivals.arrived_at,
        least(
            arrivals.quantity, greatest(on_hand.on_hand_quantity - coalesce(arrivals.arrived_later, 0), 0)
        ) as units_left
    from arrivals
    inner join on_hand on arrivals.sku = on_hand.sku and arrivals.location_key = on_hand.location_key

),

aged as (

    select
        left_over.sku,
        left_over.location_key,
        left_over.units_left,
        {{ epoch_seconds('now.as_of') }} - {{ epoch_seconds('left_over.arrived_at') }} as age_seconds
    from left_over
    cross join now
    where left_over.units_left > 0

),

stock_ages as (

    select
        sku,
        location_key,
        cast(sum(units_left * age_seconds) / sum(units_left) / 86400 as decimal(18, 6)) as average_age_days,
        cast(max(age_seconds) / 86400 as decimal(18, 6)) as oldest_age_days,
        cast(sum(case when age_seconds > 90 * 86400 then units_left else 0 end) as bigint) as aged_90d_quantity
    from aged
    group by sku, location_key

)

select * from stock_ages
