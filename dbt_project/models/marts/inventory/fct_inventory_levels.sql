with levels as (

    select * from {{ ref('int_inventory__levels') }}

),

fct_inventory_levels as (

    select
        inventory_level_key,
        source_system,
        variant_key,
        sku,
        location_key,
        on_hand as on_hand_quantity,
        available as available_quantity,
        committed as committed_quantity,
        reserved as reserved_quantity,
        damaged as damaged_quantity,
        quality_control as quality_control_quantity,
        safety_stock as safety_stock_quantity,
        incoming as incoming_quantity,
        cast(on_hand - sum_of_states as bigint) as unexplained_quantity,
        updated_at
    from levels

)

select * from fct_inventory_levels
