-- Documented movements of all vendors, and one row per level and reading with the rest: what must have happened besides
-- for the stock to become what was read. A level's first reading, or a count before it, has the opening instead: what
-- lay there before the first document. So a level's quantities up to a reading add up to what was on hand, to the unit.
-- Likewise a count that tells only what was counted: its quantity is what it changed, seen from the anchor before it
-- and the documents in between.
--
-- What may be sold rolls the same way, from reading to reading: available_quantity of a reading is what became
-- available, or was taken out of sale, without a document (damaged, held back, put aside).
--
-- At one moment documents come before the reading that saw them.
with numbered as (

    select
        *,
        row_number() over (
            partition by variant_key, location_key
            order by occurred_at asc nulls first, reading_number asc nulls first, inventory_movement_key asc nulls last
        ) as place
    from {{ ref('int_inventory__movement_timeline') }}

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

opened as (

    select
        variant_key,
        location_key,
        anchors_before,
        sum(moved_quantity) as moved_quantity,
        coalesce(lag(max(case when is_anchor then counted_quantity end)) over (
            partition by variant_key, location_key order by anchors_before asc nulls last
        ), 0) as opening_quantity
    from placed
    group by variant_key, location_key, anchors_before

),

found as (

    select
        placed.*,
        case when placed.is_anchor and placed.anchors_before = 0 then 'opening' else placed.movement_type end
            as found_type,
        cast(case
            when placed.is_anchor then placed.counted_quantity - opened.opening_quantity - opened.moved_quantity
            else placed.moved_quantity
        end as bigint) as quantity
    from placed
    inner join opened
        on
            placed.variant_key = opened.variant_key
            and placed.location_key = opened.location_key
            and placed.anchors_before = opened.anchors_before

),

-- A count finds pieces that may be sold, or misses them.
available as (

    select
        *,
        case when reading_number is null and is_anchor then quantity else moved_available_quantity end
            as documented_available_quantity,
        lag(told_available_quantity) over (
            partition by variant_key, location_key, case when reading_number is null then 0 else 1 end
            order by place asc nulls last
        ) as opening_available_quantity
    from found

),

movements as (

    select
        inventory_movement_key,
        source_system,
        variant_key,
        sku,
        location_key,
        found_type as movement_type,
        from_state,
        to_state,
        document_key,
        order_line_key,
        reason,
        quantity,
        cast(case
            when reading_number is null then documented_available_quantity
            else told_available_quantity - coalesce(opening_available_quantity, 0) - sum(documented_available_quantity)
                over (partition by variant_key, location_key, seen_in_reading)
        end as bigint) as available_quantity,
        counted_quantity,
        found_type not in ('opening', 'unexplained') as is_documented,
        seen_in_reading,
        occurred_at,
        recorded_at
    from available

)

select * from movements
