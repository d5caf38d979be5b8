-- The vendor's own states. `available` is already net of all others: never take them off again.
with levels as (

    {{ union_shape('inventory_levels') }}

),

totalled as (

    select
        *,
        coalesce(available, 0) + coalesce(committed, 0) + coalesce(reserved, 0) + coalesce(damaged, 0)
        + coalesce(quality_control, 0) + coalesce(safety_stock, 0) as sum_of_states
    from levels

)

select * from totalled
