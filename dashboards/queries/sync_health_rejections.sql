select
    audience,
    destination,
    action,
    coalesce(reason, 'no reason given') as reason,
    count(*) as rejected_count,
    max(recorded_at) as last_recorded_at
from fct_sync_records
where status = 'rejected'
group by audience, destination, action, coalesce(reason, 'no reason given')
order by rejected_count desc, last_recorded_at desc, reason asc, audience asc, destination asc, action asc
