-- Catches a history that lost a reading or kept a level alive: the newest row of each level must be the level as it is.
with newest as (

    select *
    from {{ ref('fct_inventory_snapshots') }}
    qualify row_number() over (partition by inventory_level_key order by reading_number desc nulls last) = 1

)

select
    coalesce(newest.inventory_level_key, levels.inventory_level_key) as inventory_level_key,
    newest.on_hand_quantity as remembered,
    levels.on_hand_quantity as told
from newest
full outer join {{ ref('fct_inventory_levels') }} as levels
    on newest.inventory_level_key = levels.inventory_level_key
where
    case
        when levels.inventory_level_key is null then newest.is_stocked
        else
            newest.inventory_level_key is null or not newest.is_stocked
            or newest.on_hand_quantity is distinct from levels.on_hand_quantity
            or newest.available_quantity is distinct from levels.available_quantity
    end
