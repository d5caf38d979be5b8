-- Per audience and tool: who is a member now by what the tool took last, and what all runs sent.
with told as (

    select
        audience,
        destination,
        action,
        row_number() over (
            partition by audience, destination, customer_id
            order by recorded_at desc nulls last, sync_record_key desc nulls last
        ) as place
    from fct_sync_records
    where status <> 'rejected'

),

members as (

    select
        audience,
        destination,
        count(case when action <> 'remove' then 1 end) as member_count
    from told
    where place = 1
    group by audience, destination

),

runs as (

    select
        audience,
        destination,
        count(*) as run_count,
        sum(add_count) as add_count,
        sum(update_count) as update_count,
        sum(removal_count) as removal_count,
        sum(unverified_count) as unverified_count,
        sum(rejected_count) as rejected_count,
        max(last_recorded_at) as last_run_at
    from fct_sync_runs
    group by audience, destination

)

select
    runs.audience,
    runs.destination,
    coalesce(members.member_count, 0) as member_count,
    runs.run_count,
    runs.add_count,
    runs.update_count,
    runs.removal_count,
    runs.unverified_count,
    runs.rejected_count,
    runs.last_run_at
from runs
left join members on runs.audience = members.audience and runs.destination = members.destination
order by runs.audience asc, runs.destination asc
