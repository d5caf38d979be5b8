with movements as (

    select * from {{ ref('int_inventory__movements') }}

),

fct_inventory_movements as (

    select
        inventory_movement_key,
        source_system,
        variant_key,
        sku,
        location_key,
        movement_type,
        from_state,
        to_state,
        document_key,
        order_line_key,
        reason,
        quantity,
        available_quantity,
        counted_quantity,
        is_documented,
        seen_in_reading,
        occurred_at,
        recorded_at
    from movements

)

select * from fct_inventory_movements
