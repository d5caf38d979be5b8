-- Who was whom, on two axes of time: from when to when a record belonged to a customer in the data's own time (valid),
-- and between which builds the warehouse knew it so (known). A build that learns something about the past closes what
-- was known before and says it anew; nothing is lost. The macro customer_map_as_of reads it as of a moment.
{{ config(materialized='view') }}

with customer_map as (

    select
        record_key,
        customer_id,
        assignment_number,
        assigned_at,
        coalesce(valid_from, assigned_at) as valid_from
    from {{ ref('int_identity__customer_map') }}

),

stated as (

    select
        record_key,
        customer_id,
        assignment_number,
        valid_from,
        cast(null as timestamp) as valid_to,
        assignment_number as known_from_assignment,
        assigned_at as known_from
    from customer_map

),

-- What each later build left of it: up to the earliest moment that it says another customer for.
restated as (

    select
        earlier.record_key,
        earlier.customer_id,
        earlier.assignment_number,
        earlier.valid_from,
        min(later.valid_from) over (
            partition by earlier.record_key, earlier.assignment_number
            order by later.assignment_number asc nulls last
            rows between unbounded preceding and current row
        ) as valid_to,
        later.assignment_number as known_from_assignment,
        later.assigned_at as known_from
    from customer_map as earlier
    inner join customer_map as later
        on earlier.record_key = later.record_key and earlier.assignment_number < later.assignment_number

),

statements as (

    select * from stated
    union all
    select * from restated

),

bounded as (

    select
        record_key,
        customer_id,
        valid_from,
        valid_to,
        known_from_assignment,
        lead(known_from_assignment) over statement_order as known_to_assignment,
        known_from,
        lead(known_from) over statement_order as known_to
    from statements
    window statement_order as (
        partition by record_key, assignment_number
        order by known_from_assignment asc nulls last
    )

),

intervals as (

    select * from bounded
    where valid_to is null or valid_to > valid_from

)

select * from intervals
