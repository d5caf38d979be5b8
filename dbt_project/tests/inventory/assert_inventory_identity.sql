-- Shows stock whose states do not add up to what is on hand. Vendors break their own identity now and then, so this
-- warns: the difference stands in unexplained_quantity.
{{ config(severity='warn') }}
with levels as (

    select * from {{ ref('fct_inventory_levels') }}

)

select
    inventory_level_key,
    on_hand_quantity,
    unexplained_quantity
from levels
where unexplained_quantity <> 0
