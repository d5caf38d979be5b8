-- What of a SKU lies at a location, and what of it may be sold, after each movement: documents first, readings where
-- they correct them. What lay there at a level's first reading beyond its documents is counted as there from the
-- beginning, so before that reading the stock is rolled back: exact but for what no document told. A movement's demand
-- is the units that somebody ordered, or took from a shelf.
with movements as (

    select * from {{ ref('int_inventory__movements') }}

),

pooled as (

    select
        coalesce(variants.sku, movements.sku, movements.variant_key) as pooled_sku,
        movements.*,
        case when movements.movement_type = 'opening' then 0 else 1 end as is_after_opening,
        case
            when movements.movement_type = 'commitment' then -movements.available_quantity
            when movements.movement_type = 'sale' and movements.available_quantity < 0
                then -movements.available_quantity
            else 0
        end as demand_quantity
    from movements
    left join {{ ref('int_products__variants') }} as variants on movements.variant_key = variants.variant_key

),

running_stock as (

    select
        pooled_sku as sku,
        location_key,
        inventory_movement_key,
        order_line_key,
        movement_type,
        quantity,
        available_quantity,
        cast(demand_quantity as bigint) as demand_quantity,
        cast(sum(quantity) over movements_so_far as bigint) as on_hand_after,
        cast(sum(available_quantity) over movements_so_far as bigint) as available_after,
        min(case when movement_type = 'opening' then occurred_at end) over (
            partition by pooled_sku, location_key
        ) as first_read_at,
        min(occurred_at) over (partition by pooled_sku, location_key) as known_since,
        row_number() over movement_order as place,
        occurred_at
    from pooled
    window
        movement_order as (
            partition by pooled_sku, location_key
            order by
                is_after_opening asc nulls last, occurred_at asc nulls first, seen_in_reading asc nulls last,
                is_documented desc nulls last, order_line_key asc nulls first, inventory_movement_key asc nulls last
        ),
        movements_so_far as (
            partition by pooled_sku, location_key
            order by
                is_after_opening asc nulls last, occurred_at asc nulls first, seen_in_reading asc nulls last,
                is_documented desc nulls last, order_line_key asc nulls first, inventory_movement_key asc nulls last
            rows between unbounded preceding and current row
        )

)

select * from running_stock
