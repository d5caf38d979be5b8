-- Catches an id that changed silently: a record whose newest id differs from the one before without a row in
-- fct_customer_merges that says from which to which.
with changes as (

    select
        record_key,
        assignment_number,
        customer_id as to_customer_id,
        lag(customer_id) over (
            partition by record_key order by assignment_number asc nulls last
        ) as from_customer_id
    from {{ ref('int_identity__customer_map') }}

),

logged as (

    select * from {{ ref('fct_customer_merges') }}

)

select changes.*
from changes
left join logged
    on
        changes.from_customer_id = logged.from_customer_id
        and changes.to_customer_id = logged.to_customer_id
        and changes.assignment_number = logged.assignment_number
where changes.from_customer_id is not null and logged.customer_merge_key is null
