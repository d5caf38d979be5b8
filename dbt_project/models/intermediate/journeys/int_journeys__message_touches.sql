-- A click on a message mostly makes a visit that names the message's campaign: then the visit is the touch and the
-- click is dropped. So are further events of the same person, campaign and kind within the setting
-- message_click_minutes (mail scanners follow every link at once; several coupons of one letter are handed in
-- together).
with message_events as (

    select * from {{ ref('int_journeys__message_events') }}

),

with_previous as (

    select
        *,
        lag(touched_at) over (
            partition by touch_type, channel, coalesce(customer_id, record_key), campaign
            order by touched_at asc nulls last, message_event_key asc nulls last
        ) as previous_touched_at
    from message_events

),

visits as (

    select
        customer_id,
        channel,
        campaign,
        started_at
    from {{ ref('int_journeys__sessions') }}
    where not is_bot and not is_test_host

),

visited as (

    select distinct with_previous.message_event_key
    from with_previous
    inner join visits
        on
            with_previous.customer_id = visits.customer_id
            and with_previous.channel = visits.channel
            and with_previous.touch_type = 'click'
            and (
                visits.campaign is null
                or with_previous.campaign = visits.campaign
                or visits.campaign = {{ campaign_word('with_previous.campaign_id') }}
            )
            and abs({{ epoch_seconds('visits.started_at') }} - {{ epoch_seconds('with_previous.touched_at') }})
            <= 60 * {{ journey_setting('message_click_minutes') }}

),

touches as (

    select
        with_previous.message_event_key,
        with_previous.source_system,
        with_previous.touch_type,
        with_previous.channel,
        with_previous.campaign_id,
        with_previous.campaign,
        with_previous.record_key,
        with_previous.customer_id,
        with_previous.touched_at
    from with_previous
    left join visited on with_previous.message_event_key = visited.message_event_key
    where
        visited.message_event_key is null
        and (
            with_previous.previous_touched_at is null
            or {{ epoch_seconds('with_previous.touched_at') }}
            - {{ epoch_seconds('with_previous.previous_touched_at') }}
            > 60 * {{ journey_setting('message_click_minutes') }}
        )

)

select * from touches
