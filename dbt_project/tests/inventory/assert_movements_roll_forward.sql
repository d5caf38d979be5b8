-- Catches movements counted in the wrong interval, twice or not at all: for every reading of a level, all quantities up
-- to and in that reading must add up to what was on hand, and to what was available, to the unit. Sums afresh, without
-- the model's anchors.
with movements as (

    select
        variant_key,
        location_key,
        seen_in_reading,
        sum(quantity) as quantity,
        sum(available_quantity) as available_quantity
    from {{ ref('fct_inventory_movements') }}
    where seen_in_reading is not null
    group by variant_key, location_key, seen_in_reading

),

rolled as (

    select
        *,
        sum(quantity) over (
            partition by variant_key, location_key order by seen_in_reading asc nulls last
            rows between unbounded preceding and current row
        ) as closing_quantity,
        sum(available_quantity) over (
            partition by variant_key, location_key order by seen_in_reading asc nulls last
            rows between unbounded preceding and current row
        ) as closing_available_quantity
    from movements

)

select
    snapshots.inventory_snapshot_key,
    snapshots.on_hand_quantity,
    rolled.closing_quantity,
    snapshots.available_quantity,
    rolled.closing_available_quantity
from {{ ref('fct_inventory_snapshots') }} as snapshots
left join rolled
    on
        snapshots.variant_key = rolled.variant_key
        and snapshots.location_key = rolled.location_key
        and snapshots.reading_number = rolled.seen_in_reading
where
    rolled.closing_quantity is null or rolled.closing_quantity <> snapshots.on_hand_quantity
    or rolled.closing_available_quantity <> snapshots.available_quantity
