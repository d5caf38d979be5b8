-- What moved and what was read, side by side: documented movements of all vendors, and every reading of a level.
-- What is put aside for somebody is on hand and for sale no more, until that ends (reservation, reservation_release).
-- Readings, and counts that tell only what was counted, are anchors: they say how much was there, not what changed.
{%- set put_aside = [
    ('reservation', 'available', 'reserved', 'cast(null as ' ~ dbt.type_string() ~ ')', '-quantity', 'placed_at'),
    ('reservation_release', 'reserved', 'available', 'reservation_status', 'quantity', 'ended_at'),
] %}
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

    {%- for movement_type, from_state, to_state, reason, units, moment in put_aside %}

        union all

        select
            source_system,
            reservation_key || ':{{ movement_type }}' as inventory_movement_key,
            variant_key,
            sku,
            location_key,
            '{{ movement_type }}' as movement_type,
            '{{ from_state }}' as from_state,
            '{{ to_state }}' as to_state,
            document_key,
            cast(null as {{ dbt.type_string() }}) as order_line_key,
            {{ reason }} as reason,
            cast(null as bigint) as counted_quantity,
            {{ moment }} as recorded_at,
            cast(0 as bigint) as moved_quantity,
            {{ units }} as moved_available_quantity,
            cast(null as bigint) as told_available_quantity,
            {{ moment }} as occurred_at,
            cast(null as bigint) as reading_number,
            false as is_anchor
        from {{ ref('int_inventory__reservations') }}
        where variant_key is not null and location_key is not null and {{ moment }} is not null
    {%- endfor %}

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
