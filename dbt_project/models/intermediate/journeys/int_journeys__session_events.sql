-- Where one session of a device ends and the next begins. A session starts
--   * with the device's first event, or after a gap longer than the setting session_timeout_minutes,
--   * when another user logs in on the device,
--   * when an event brings another campaign or click id than the one that the visit came with.
-- Midnight splits nothing, in no time zone: a visit at 23:55 that buys at 00:05 is one visit. All events take part,
-- bots' too, so that each event has its session.
{% set by_time = 'order by occurred_at asc nulls last, received_at asc nulls last, event_key asc nulls last' %}
{% set before = by_time ~ ' rows between unbounded preceding and 1 preceding' %}
{% set so_far = by_time ~ ' rows between unbounded preceding and current row' %}
with events as (

    select
        event_key,
        visitor_key,
        user_id,
        occurred_at,
        received_at,
        case
            when coalesce(click_id, utm_source, utm_medium, utm_campaign) is not null
                then {{ surrogate_key(['click_id', 'utm_source', 'utm_medium', 'utm_campaign', 'utm_content']) }}
        end as campaign_signature
    from {{ ref('int_events__events') }}

),

with_predecessor as (

    select
        *,
        lag(occurred_at) over (partition by visitor_key {{ by_time }}) as previous_occurred_at,
        {{ last_value_ignore_nulls('user_id', 'partition by visitor_key ' ~ before) }} as previous_user_id
    from events

),

visit_starts as (

    select
        *,
        case
            when previous_occurred_at is null then 1
            when
                {{ epoch_seconds('occurred_at') }} - {{ epoch_seconds('previous_occurred_at') }}
                > 60 * {{ journey_setting('session_timeout_minutes') }} then 1
            when user_id <> previous_user_id then 1
            else 0
        end as starts_visit
    from with_predecessor

),

visits as (

    select
        *,
        sum(starts_visit) over (partition by visitor_key {{ so_far }}) as visit_number
    from visit_starts

),

session_starts as (

    select
        *,
        starts_visit = 1 or (
            campaign_signature is not null
            and campaign_signature is distinct from
            {{ last_value_ignore_nulls('campaign_signature', 'partition by visitor_key, visit_number ' ~ before) }}
        ) as is_session_start
    from visits

),

with_start as (

    select
        *,
        {{ last_value_ignore_nulls(
            'case when is_session_start then event_key end', 'partition by visitor_key ' ~ so_far
        ) }} as start_event_key
    from session_starts

),

session_events as (

    select
        event_key,
        visitor_key,
        {{ surrogate_key(['visitor_key', 'start_event_key']) }} as session_id,
        is_session_start,
        occurred_at
    from with_start

)

select * from session_events
