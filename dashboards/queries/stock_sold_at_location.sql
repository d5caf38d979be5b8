-- Units that left one location by a sale, between two moments (UTC).
select
    sku,
    -sum(quantity) as sold_quantity
from fct_inventory_movements
where
    movement_type = 'sale'
    and location_key = $location_key
    and occurred_at >= $begins_at
    and occurred_at < $ends_at
group by sku
