-- Documented movements of all vendors, and one row per level and reading with the rest: what must have happened besides
-- for the stock to become what was read. A level's first reading has the opening instead: what lay there before the
-- first document. So the quantities of a level up to a reading add up to what was on hand in it, to the unit.
--
-- Likewise a count that tells only what was counted: its quantity is what it changed, seen from the anchor before it
-- and the documents in between.
with timeline as (

    select * from {{ ref('int_inventory__movement_timeline') }}

),

-- At one moment documents come before the reading that saw them.
numbered as (

    select
        *,
        row_number() over (
            partition by variant_key, location_key
            order by occurred_at asc nulls first, reading_number asc nulls first, inventory_movement_key asc nulls last
        ) as place
    from timeline

),

placed as (

    select
        *,
        coalesce(sum(case when is_anchor then 1 else 0 end) over (
            partition by variant_key, location_key order by place asc nulls last
            rows between unbounded preceding and 1 preceding
        ), 0) as anchors_before,
        min(reading_number) over (
            partition by variant_key, location_key order by place asc nulls last
            rows between current row and unbounded following
        ) as seen_in_reading
    from numbered

),

spans as (

    select
        variant_key,
        location_key,
        anchors_before,
        sum(moved_quantity) as moved_quantity,
        max(case when is_anchor then counted_quantity end) as closing_quantity
    from placed
    group by variant_key, location_key, anchors_before

),

opened as (

    select
        *,
        coalesce(lag(closing_quantity) over (
            partition by variant_key, location_key order by anchors_before asc nulls last
        ), 0) as opening_quantity
    from spans

),

movements as (

    select
        placed.inventory_movement_key,
        placed.source_system,
        placed.variant_key,
        placed.sku,
        placed.location_key,
        placed.movement_type,
        placed.from_state,
        placed.to_state,
        placed.document_key,
        placed.reason,
        cast(case
            when placed.is_anchor then placed.counted_quantity - opened.opening_quantity - opened.moved_quantity
            else placed.moved_quantity
        end as bigint) as quantity,
        placed.counted_quantity,
        placed.movement_type not in ('opening', 'unexplained') as is_documented,
        placed.seen_in_reading,
        placed.occurred_at,
        placed.recorded_at
    from placed
    inner join opened
        on
            placed.variant_key = opened.variant_key
            and placed.location_key = opened.location_key
            and placed.anchors_before = opened.anchors_before

)

select * from movements
