-- Bots and visits to test shops are marked, not dropped: whoever counts leaves them out. Event times come from the
-- visitor's clock; one that lies after the event was received is wrong, and the time of receipt stands in for it.
with unioned as (

    select * from {{ ref('int_events__unioned') }}

),

-- A vendor may deliver an event twice. The first one received wins; the later columns only make the choice unique.
-- Few events repeat, so only those are ranked: ranking all of these wide rows takes twice as long.
repeated_keys as (

    select event_key
    from unioned
    group by event_key
    having count(*) > 1

),

deduplicated as (

    select unioned.*
    from unioned
    left join repeated_keys on unioned.event_key = repeated_keys.event_key
    where repeated_keys.event_key is null
    union all
    select unioned.*
    from unioned
    inner join repeated_keys on unioned.event_key = repeated_keys.event_key
    qualify row_number() over (
        partition by unioned.event_key
        order by
            unioned.received_at asc nulls last,
            unioned.occurred_at asc nulls last,
            unioned.record_key asc nulls last,
            unioned.page_url asc nulls last,
            unioned.event_id asc nulls last
    ) = 1

),

user_agents as (

    select distinct user_agent from deduplicated

),

bots as (

    select distinct user_agents.user_agent
    from user_agents
    inner join {{ ref('bot_user_agents') }} as patterns on lower(user_agents.user_agent) like patterns.pattern

),

hosts as (

    select distinct page_host from deduplicated

),

tested_hosts as (

    select distinct hosts.page_host
    from hosts
    inner join {{ ref('test_hosts') }} as patterns on hosts.page_host like patterns.pattern

),

events as (

    select
        {% for column in shape_columns('events') if column != 'occurred_at' -%}
            deduplicated.{{ column }},
        {% endfor -%}
        {{ url_host('deduplicated.referrer_url') }} as referrer_host,
        deduplicated.source_system || ':' || coalesce(
            deduplicated.anonymous_id,
            'user-' || deduplicated.user_id,
            'event-' || deduplicated.event_id
        ) as visitor_key,
        bots.user_agent is not null as is_bot,
        tested_hosts.page_host is not null as is_test_host,
        coalesce(deduplicated.occurred_at > deduplicated.received_at, false) as is_time_clamped,
        case
            when deduplicated.occurred_at <= deduplicated.received_at then deduplicated.occurred_at
            else coalesce(deduplicated.received_at, deduplicated.occurred_at)
        end as occurred_at
    from deduplicated
    left join bots on deduplicated.user_agent = bots.user_agent
    left join tested_hosts on deduplicated.page_host = tested_hosts.page_host

)

select * from events
