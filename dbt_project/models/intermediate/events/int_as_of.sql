-- "The last 14 days" means before this moment, never before the wall clock: a rebuild of the same data gives the same
-- audiences. Event times come from visitors' clocks, so the time of receipt counts.
with moments as (

    select max(received_at) as moment from {{ ref('int_events__events') }}
    union all
    select max(created_at) as moment from {{ ref('int_orders__orders') }}
    union all
    select max(updated_at) as moment from {{ ref('int_orders__orders') }}

),

-- A shop that has landed neither events nor orders yet: its records of people are all there is to go by.
records as (

    select max(updated_at) as moment from {{ ref('int_identity__records') }}

),

as_of as (

    select coalesce(max(moments.moment), max(records.moment)) as as_of
    from moments
    cross join records

)

select * from as_of
