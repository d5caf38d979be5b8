-- Counted from what was recorded: what a plan held back (suppressed, held out) stands in the plan, not in the ledger.
with sync_records as (

    select * from {{ ref('fct_sync_records') }}

),

runs as (

    select
        {{ surrogate_key(['sync_run_id', 'destination', 'audience']) }} as sync_run_key,
        sync_run_id,
        max(plan_id) as plan_id,
        max(build_id) as build_id,
        destination,
        audience,
        cast(count(distinct batch_id) as bigint) as batch_count,
        cast(count(*) as bigint) as sent_count,
        cast(count(case when action = 'add' then 1 end) as bigint) as add_count,
        cast(count(case when action = 'update' then 1 end) as bigint) as update_count,
        cast(count(case when action = 'remove' then 1 end) as bigint) as removal_count,
        cast(count(case when action = 'purchase' then 1 end) as bigint) as purchase_count,
        cast(count(case when action = 'refund' then 1 end) as bigint) as refund_count,
        cast(count(case when status = 'acknowledged' then 1 end) as bigint) as acknowledged_count,
        cast(count(case when status = 'accepted_unverified' then 1 end) as bigint) as unverified_count,
        cast(count(case when status = 'rejected' then 1 end) as bigint) as rejected_count,
        min(recorded_at) as first_recorded_at,
        max(recorded_at) as last_recorded_at
    from sync_records
    group by sync_run_id, destination, audience

)

select * from runs
