-- What a reading or a count found beside what opening and documents led to expect. A vendor's damaged state that falls
-- with it tells that broken pieces were thrown away: what is left of the gap is shrink.
with found as (

    select *
    from {{ ref('int_inventory__movements') }}
    where movement_type in ('unexplained', 'count') and quantity <> 0

),

damaged as (

    select
        variant_key,
        location_key,
        reading_number,
        coalesce(lag(damaged) over (
            partition by inventory_level_key order by reading_number asc nulls last
        ), 0) - coalesce(damaged, 0) as fewer_damaged
    from {{ ref('int_inventory__level_history') }}

),

costs as (

    select
        variant_key,
        sku,
        unit_cost
    from {{ ref('int_products__variants') }}

),

parted as (

    select
        found.*,
        case
            when found.quantity > 0 or coalesce(damaged.fewer_damaged, 0) <= 0 then 0
            when damaged.fewer_damaged < -found.quantity then damaged.fewer_damaged
            else -found.quantity
        end as disposed_quantity,
        coalesce(costs.sku, found.sku) as current_sku,
        costs.unit_cost
    from found
    left join damaged
        on
            found.movement_type = 'unexplained'
            and found.variant_key = damaged.variant_key
            and found.location_key = damaged.location_key
            and found.seen_in_reading = damaged.reading_number
    left join costs on found.variant_key = costs.variant_key

),

fct_shrink as (

    select
        inventory_movement_key,
        source_system,
        variant_key,
        current_sku as sku,
        location_key,
        case when movement_type = 'count' then 'count' else 'reading' end as found_by,
        seen_in_reading as reading_number,
        counted_quantity - quantity as expected_quantity,
        counted_quantity,
        cast(disposed_quantity as bigint) as disposed_quantity,
        cast(-quantity - disposed_quantity as bigint) as shrink_quantity,
        unit_cost,
        cast((-quantity - disposed_quantity) * unit_cost as decimal(18, 4)) as shrink_cost_amount,
        '{{ reporting_currency() }}' as currency_code,
        occurred_at as found_at
    from parted

)

select * from fct_shrink
