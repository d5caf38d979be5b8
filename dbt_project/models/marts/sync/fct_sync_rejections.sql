{{ config(materialized='view') }}
with sync_records as (

    select * from {{ ref('fct_sync_records') }}
    where status = 'rejected'

),

rejections as (

    select
        {{ surrogate_key(['sync_run_id', 'destination', 'audience', 'action', 'reason']) }} as sync_rejection_key,
        sync_run_id,
        destination,
        audience,
        action,
        coalesce(reason, 'no reason given') as reason,
        cast(count(*) as bigint) as rejected_count,
        max(recorded_at) as last_recorded_at
    from sync_records
    group by sync_run_id, destination, audience, action, reason

)

select * from rejections
