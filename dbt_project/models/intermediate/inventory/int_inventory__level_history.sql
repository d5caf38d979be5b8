-- The memory of stock: a row whenever a level is read and differs from what was read before. A vendor tells its stock
-- as it is now; what it was can't be asked for later, so rows are only ever added, and never rebuilt. A build that met
-- no other stock adds nothing. A level that is told no more (an item not stocked there any longer) ends with zeros.
{%- set states = [
    'on_hand', 'available', 'committed', 'reserved', 'damaged', 'quality_control', 'safety_stock', 'incoming',
] %}
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='fail') }}

with levels as (

    select * from {{ ref('int_inventory__levels') }}

),

history as (

    {{ level_history(states) }}

),

this_build as (

    select
        (select cast(coalesce(max(reading_number), 0) + 1 as bigint) from history) as reading_number,
        (select as_of from {{ ref('int_as_of') }}) as as_of

),

newest as (

    select *
    from history
    qualify row_number() over (partition by inventory_level_key order by reading_number desc nulls last) = 1

),

told as (

    select
        levels.inventory_level_key,
        levels.source_system,
        levels.variant_key,
        levels.sku,
        levels.location_key,
        {% for state in states -%}
            levels.{{ state }},
        {% endfor -%}
        levels.updated_at,
        true as is_stocked,
        coalesce(levels.updated_at, newest.snapshot_at, this_build.as_of) as told_at,
        newest.snapshot_at as previous_snapshot_at
    from levels
    cross join this_build
    left join newest on levels.inventory_level_key = newest.inventory_level_key
    where
        newest.inventory_level_key is null
        {% for column in states + ['updated_at', 'sku', 'variant_key', 'location_key'] -%}
            or levels.{{ column }} is distinct from newest.{{ column }}
        {% endfor -%}
        or not newest.is_stocked

),

ended as (

    select
        newest.inventory_level_key,
        newest.source_system,
        newest.variant_key,
        newest.sku,
        newest.location_key,
        {% for state in states -%}
            cast(0 as bigint) as {{ state }},
        {% endfor -%}
        newest.updated_at,
        false as is_stocked,
        this_build.as_of as told_at,
        newest.snapshot_at as previous_snapshot_at
    from newest
    cross join this_build
    left join levels on newest.inventory_level_key = levels.inventory_level_key
    where levels.inventory_level_key is null and newest.is_stocked

),

news as (

    select * from told
    union all
    select * from ended

),

level_history as (

    select
        news.inventory_level_key,
        news.source_system,
        news.variant_key,
        news.sku,
        news.location_key,
        {% for state in states -%}
            news.{{ state }},
        {% endfor -%}
        news.updated_at,
        news.is_stocked,
        -- A level never goes back in time, whatever the vendor says of it.
        greatest(
            coalesce(news.told_at, news.previous_snapshot_at), coalesce(news.previous_snapshot_at, news.told_at)
        ) as snapshot_at,
        this_build.reading_number
    from news
    cross join this_build

)

select * from level_history
