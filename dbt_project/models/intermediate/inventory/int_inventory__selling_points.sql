-- What a channel has for sale of a SKU, after each moment at which it changed: a store sells what lies in it, any other
-- channel what lies in all places that its rules let it sell from. Demand is what was ordered or bought there.
with places as (

    select
        sku,
        location_key,
        channel,
        case when channel = 'store' then location_key end as selling_location_key
    from {{ ref('int_inventory__stock_rules') }}
    where allocation_percent > 0

),

changes as (

    select
        places.sku,
        places.channel,
        places.selling_location_key,
        running_stock.available_quantity,
        running_stock.demand_quantity,
        case
            when running_stock.movement_type = 'opening'
                then min(running_stock.known_since) over (
                    partition by places.sku, places.channel, places.selling_location_key
                )
            else running_stock.occurred_at
        end as changed_at
    from {{ ref('int_inventory__running_stock') }} as running_stock
    inner join places
        on running_stock.sku = places.sku and running_stock.location_key = places.location_key

),

moments as (

    select
        sku,
        channel,
        selling_location_key,
        changed_at,
        sum(available_quantity) as available_change,
        cast(sum(demand_quantity) as bigint) as demand_quantity
    from changes
    group by sku, channel, selling_location_key, changed_at

),

selling_points as (

    select
        sku,
        channel,
        selling_location_key,
        changed_at,
        lead(changed_at) over changes_in_order as changed_next_at,
        min(changed_at) over (partition by sku, channel, selling_location_key) as known_since,
        demand_quantity,
        cast(sum(available_change) over changes_so_far as bigint) as available_quantity
    from moments
    window
        changes_in_order as (
            partition by sku, channel, selling_location_key order by changed_at asc nulls last
        ),
        changes_so_far as (
            partition by sku, channel, selling_location_key order by changed_at asc nulls last
            rows between unbounded preceding and current row
        )

)

select * from selling_points
