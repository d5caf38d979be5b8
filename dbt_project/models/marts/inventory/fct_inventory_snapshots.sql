with history as (

    select * from {{ ref('int_inventory__level_history') }}

),

fct_inventory_snapshots as (

    select
        inventory_level_key || ':' || cast(reading_number as {{ dbt.type_string() }}) as inventory_snapshot_key,
        inventory_level_key,
        source_system,
        variant_key,
        sku,
        location_key,
        reading_number,
        on_hand as on_hand_quantity,
        available as available_quantity,
        committed as committed_quantity,
        reserved as reserved_quantity,
        damaged as damaged_quantity,
        quality_control as quality_control_quantity,
        safety_stock as safety_stock_quantity,
        incoming as incoming_quantity,
        cast(
            on_hand - coalesce(available, 0) - coalesce(committed, 0) - coalesce(reserved, 0) - coalesce(damaged, 0)
            - coalesce(quality_control, 0) - coalesce(safety_stock, 0) as bigint
        ) as unexplained_quantity,
        is_stocked,
        snapshot_at
    from history

)

select * from fct_inventory_snapshots
