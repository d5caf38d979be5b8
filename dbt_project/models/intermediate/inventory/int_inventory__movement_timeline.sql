-- What moved and what was read, side by side: documented movements of all vendors, and every reading of a level.
-- Readings, and counts that tell only what was counted, are anchors: they say how much was there, not what changed.
{%- set retold = ['quantity', 'available_quantity', 'occurred_at'] %}
with documented as (

    {{ union_shape('inventory_movements') }}

),

history as (

    select * from {{ ref('int_inventory__level_history') }}

),

timeline as (

    select
        {% for column in shape_columns('inventory_movements') if column not in retold -%}
            {{ column }},
        {% endfor -%}
        coalesce(quantity, 0) as moved_quantity,
        coalesce(available_quantity, 0) as moved_available_quantity,
        cast(null as bigint) as told_available_quantity,
        coalesce(occurred_at, recorded_at) as occurred_at,
        cast(null as bigint) as reading_number,
        quantity is null and counted_quantity is not null as is_anchor
    from documented

    union all

    select
        source_system,
        inventory_level_key || ':' || cast(reading_number as {{ dbt.type_string() }}) as inventory_movement_key,
        variant_key,
        sku,
        location_key,
        'unexplained' as movement_type,
        cast(null as string) as from_state,
        cast(null as string) as to_state,
        cast(null as string) as document_key,
        cast(null as string) as order_line_key,
        cast(null as string) as reason,
        on_hand as counted_quantity,
        snapshot_at as recorded_at,
        cast(0 as bigint) as moved_quantity,
        cast(0 as bigint) as moved_available_quantity,
        available as told_available_quantity,
        snapshot_at as occurred_at,
        reading_number,
        true as is_anchor
    from history

)

select * from timeline
