-- "The last 14 days" means before this moment, never before the wall clock: a rebuild of the same data gives the same
-- audiences. Event times come from visitors' clocks, so the time of receipt counts.
with moments as (

    select max(received_at) as moment from {{ ref('int_events__events') }}
    union all
    select max(created_at) as moment from {{ ref('int_orders__orders') }}
    union all
    select max(updated_at) as moment from {{ ref('int_orders__orders') }}

),

as_of as (

    select max(moment) as as_of from moments

)

select * from as_of
