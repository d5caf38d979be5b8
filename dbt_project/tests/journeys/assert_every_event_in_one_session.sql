-- Catches: events that no session counts, or that two count, as when a device's key is null on one side of the cut.
with events as (

    select count(*) as event_count from {{ ref('int_events__events') }}

),

sessions as (

    select coalesce(sum(event_count), 0) as event_count from {{ ref('fct_sessions') }}

)

select
    events.event_count,
    sessions.event_count as event_count_in_sessions
from events
cross join sessions
where events.event_count <> sessions.event_count
