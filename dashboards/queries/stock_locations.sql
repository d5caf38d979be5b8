-- Stock by location, those that hold most first.
select
    levels.location_key,
    coalesce(locations.location_name, levels.location_key) as location_name,
    sum(levels.on_hand_quantity) as on_hand_quantity,
    sum(levels.available_quantity) as available_quantity,
    sum(levels.incoming_quantity) as incoming_quantity,
    count(case when levels.available_quantity <= 0 then 1 end) as sold_out_count
from fct_inventory_levels as levels
left join dim_locations as locations on levels.location_key = locations.location_key
group by levels.location_key, coalesce(locations.location_name, levels.location_key)
order by on_hand_quantity desc nulls last, location_name asc, levels.location_key asc
