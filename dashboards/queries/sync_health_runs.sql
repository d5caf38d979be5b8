select
    sync_run_id,
    audience,
    destination,
    batch_count,
    add_count,
    update_count,
    removal_count,
    unverified_count,
    rejected_count,
    last_recorded_at
from fct_sync_runs
order by last_recorded_at desc nulls last, sync_run_key asc
