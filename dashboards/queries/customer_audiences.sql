-- What each tool was told last and took, of the customer under this id and those merged into it.
with recursive names as (

    select $customer_id as customer_id
    union
    select changes.from_customer_id
    from fct_customer_merges as changes
    inner join names on changes.to_customer_id = names.customer_id
    where
        changes.change_type = 'merge'
        and not exists (
            select 1 from fct_customer_merges as undone
            where
                undone.to_customer_id = changes.from_customer_id
                and undone.assignment_number > changes.assignment_number
        )

),

told as (

    select
        records.audience,
        records.destination,
        records.action,
        records.status,
        records.recorded_at,
        row_number() over (
            partition by records.audience, records.destination
            order by records.recorded_at desc nulls last, records.sync_record_key desc nulls last
        ) as place
    from fct_sync_records as records
    inner join names on records.customer_id = names.customer_id
    where records.status <> 'rejected' and records.action in ('add', 'update', 'remove')

),

latest as (

    select *
    from told
    where place = 1

),

refused as (

    select
        records.audience,
        records.destination,
        count(*) as rejected_count,
        max(records.recorded_at) as recorded_at
    from fct_sync_records as records
    inner join names on records.customer_id = names.customer_id
    where records.status = 'rejected' and records.action in ('add', 'update', 'remove')
    group by records.audience, records.destination

)

select
    coalesce(latest.audience, refused.audience) as audience,
    coalesce(latest.destination, refused.destination) as destination,
    coalesce(latest.action <> 'remove', false) as is_member,
    latest.status,
    coalesce(refused.rejected_count, 0) as rejected_count,
    coalesce(latest.recorded_at, refused.recorded_at) as recorded_at
from latest
full join refused on latest.audience = refused.audience and latest.destination = refused.destination
order by is_member desc, audience asc, destination asc
