-- The vendor's own states. A vendor's `available` is already net of all others: never take them off again. Of one that
-- tells only what is on hand the others are taken off here; of one that tells only what is available they are added.
with levels as (

    {{ union_shape('inventory_levels') }}

),

totalled as (

    select
        *,
        coalesce(committed, 0) + coalesce(reserved, 0) + coalesce(damaged, 0) + coalesce(quality_control, 0)
        + coalesce(safety_stock, 0) as not_available
    from levels

),

filled as (

    select
        {% for column in shape_columns('inventory_levels') if column not in ['on_hand', 'available'] -%}
            {{ column }},
        {% endfor -%}
        coalesce(on_hand, coalesce(available, 0) + not_available) as on_hand,
        coalesce(available, on_hand - not_available, 0) as available,
        coalesce(available, on_hand - not_available, 0) + not_available as sum_of_states
    from totalled

)

select * from filled
