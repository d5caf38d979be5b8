-- What of a SKU lies at a location, over all variants that carry it, after each reading that changed it. A variant
-- without SKU stands for itself. Readings, not moments: what one reading brought was read together.
with history as (

    select
        *,
        coalesce(
            first_value(sku) over (partition by inventory_level_key order by reading_number desc nulls last),
            variant_key
        ) as pooled_sku
    from {{ ref('int_inventory__level_history') }}

),

changes as (

    select
        pooled_sku,
        location_key,
        reading_number,
        snapshot_at,
        available - coalesce(lag(available) over (
            partition by inventory_level_key order by reading_number asc nulls last
        ), 0) as available_change,
        coalesce(safety_stock, 0) - coalesce(lag(coalesce(safety_stock, 0)) over (
            partition by inventory_level_key order by reading_number asc nulls last
        ), 0) as safety_stock_change
    from history

),

readings as (

    select
        pooled_sku,
        location_key,
        reading_number,
        max(snapshot_at) as snapshot_at,
        sum(available_change) as available_change,
        sum(safety_stock_change) as safety_stock_change
    from changes
    group by pooled_sku, location_key, reading_number

),

pooled_stock as (

    select
        pooled_sku as sku,
        location_key,
        reading_number,
        cast(sum(available_change) over (
            partition by pooled_sku, location_key order by reading_number asc nulls last
            rows between unbounded preceding and current row
        ) as bigint) as available_quantity,
        cast(sum(safety_stock_change) over (
            partition by pooled_sku, location_key order by reading_number asc nulls last
            rows between unbounded preceding and current row
        ) as bigint) as vendor_safety_stock_quantity,
        max(snapshot_at) over (
            partition by pooled_sku, location_key order by reading_number asc nulls last
            rows between unbounded preceding and current row
        ) as as_of
    from readings

)

select * from pooled_stock
