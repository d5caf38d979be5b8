-- Shows stock whose states do not add up to what is on hand. Vendors break their own identity now and then, so this
-- warns: the difference stands in unexplained_quantity. Every snapshot is looked at; a level's newest is the level.
{{ config(severity='warn') }}
with levels as (

    select * from {{ ref('fct_inventory_snapshots') }}

)

select
    inventory_snapshot_key,
    on_hand_quantity,
    unexplained_quantity
from levels
where unexplained_quantity <> 0
