-- Where an id leads: through merges that were not undone to the id its records have now.
with recursive path as (

    select
        $customer_id as customer_id,
        0 as step,
        cast(null as timestamp) as changed_at
    union all
    select
        changes.to_customer_id as customer_id,
        path.step + 1 as step,
        changes.changed_at
    from fct_customer_merges as changes
    inner join path on changes.from_customer_id = path.customer_id
    where
        changes.change_type = 'merge' and path.step < 50
        and not exists (
            select 1 from fct_customer_merges as undone
            where
                undone.to_customer_id = changes.from_customer_id
                and undone.assignment_number > changes.assignment_number
        )

)

select
    customer_id,
    step,
    changed_at
from path
order by step desc, customer_id asc
limit 1
