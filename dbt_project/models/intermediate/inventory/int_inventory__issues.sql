{{ config(materialized='view') }}
-- What is wrong with stock as vendors tell it: at each reading that shows it, less on hand than nothing, or states that
-- are not what is on hand; and levels as they are now of what is in no catalogue, or no list of places. All stay told.
{%- set states = ['available', 'committed', 'reserved', 'damaged', 'quality_control', 'safety_stock'] %}
with readings as (

    select
        *,
        inventory_level_key || ':' || cast(reading_number as {{ dbt.type_string() }}) as document_key,
        on_hand - coalesce({{ states | join(', 0) - coalesce(') }}, 0) as unexplained_quantity
    from {{ ref('int_inventory__level_history') }}
    where is_stocked

),

levels as (

    select
        levels.inventory_level_key as document_key,
        levels.source_system,
        levels.sku,
        levels.location_key,
        levels.on_hand,
        levels.updated_at,
        coalesce(variants.is_catalogued, false) as is_known_variant,
        coalesce(locations.is_listed, false) as is_known_location
    from {{ ref('int_inventory__levels') }} as levels
    left join {{ ref('int_products__variants') }} as variants on levels.variant_key = variants.variant_key
    left join {{ ref('int_locations__locations') }} as locations on levels.location_key = locations.location_key

),

issues as (

    {%- for issue_type, told, quantity, moment, condition in [
        ('negative_on_hand', 'readings', 'on_hand', 'snapshot_at', 'on_hand < 0'),
        ('stock_states_do_not_add_up', 'readings', 'unexplained_quantity', 'snapshot_at', 'unexplained_quantity <> 0'),
        ('level_of_unknown_variant', 'levels', 'on_hand', 'updated_at', 'not is_known_variant'),
        ('level_of_unknown_location', 'levels', 'on_hand', 'updated_at', 'not is_known_location'),
    ] %}
        select
            {{ surrogate_key(["'" ~ issue_type ~ "'", 'document_key']) }} as issue_key,
            '{{ issue_type }}' as issue_type,
            source_system,
            document_key,
            sku,
            location_key,
            cast({{ quantity }} as bigint) as issue_quantity,
            {{ moment }} as occurred_at
        from {{ told }}
        where {{ condition }}
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}

)

select * from issues
