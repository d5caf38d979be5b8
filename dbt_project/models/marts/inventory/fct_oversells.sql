-- Orders accepted although what they asked for was not there to promise: as-of stock is the last reading before, and
-- every document since, in order. Where nothing had been read yet, stock is rolled back from the first reading.
with asked as (

    select
        *,
        available_after - available_quantity as available_before,
        coalesce(occurred_at <= first_read_at, true) as is_reconstructed
    from {{ ref('int_inventory__running_stock') }}
    where movement_type = 'commitment' and demand_quantity > 0

),

-- What our rules keep back of the vendor's available, the same for every channel.
kept_back as (

    select
        sku,
        location_key,
        max(available_quantity - pooled_quantity) as kept_back_quantity
    from {{ ref('fct_available_to_promise') }}
    group by sku, location_key

),

promised as (

    select
        asked.*,
        coalesce(kept_back.kept_back_quantity, 0) as kept_back_quantity,
        asked.available_before - coalesce(kept_back.kept_back_quantity, 0) as promisable_before
    from asked
    left join kept_back on asked.sku = kept_back.sku and asked.location_key = kept_back.location_key

),

fct_oversells as (

    select
        inventory_movement_key as oversell_key,
        order_line_key,
        sku,
        location_key,
        case when available_before < demand_quantity then 'beyond_stock' else 'beyond_safety_stock' end
            as oversell_type,
        demand_quantity as quantity,
        available_before as available_before_quantity,
        cast(promisable_before as bigint) as atp_before_quantity,
        cast(
            demand_quantity - case
                when available_before >= demand_quantity then demand_quantity
                when available_before > 0 then available_before
                else 0
            end as bigint
        ) as oversold_quantity,
        is_reconstructed,
        occurred_at as ordered_at
    from promised
    where promisable_before < demand_quantity

)

select * from fct_oversells
