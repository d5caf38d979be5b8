-- Each event tells what the cookie banner said; a row is a change of it per visitor, the first answer included. An
-- event that says nothing changes nothing. A channel is how a person is reached: what is said of advertising is
-- about ads.
with events as (

    select
        *,
        'web_events:' || coalesce(anonymous_id, '') || '|' || coalesce(user_id, '') as record_key
    from {{ ref('stg_web_events__events') }}
    where anonymous_id is not null or user_id is not null

),

answers as (

    {%- for purpose in ['advertising', 'analytics'] %}
        select
            record_key,
            message_id,
            occurred_at,
            '{{ purpose }}' as purpose,
            has_{{ purpose }}_consent as is_granted
        from events
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}

),

changes as (

    select
        *,
        lag(is_granted) over (
            partition by record_key, purpose
            order by occurred_at asc nulls last, message_id asc nulls last
        ) as was_granted
    from answers
    where is_granted is not null

),

shaped as (

    select
        'web_events' as source_system,
        'web_events:' || message_id || ':' || purpose as consent_key,
        record_key,
        case when purpose = 'advertising' then 'ads' else 'web' end as channel,
        purpose,
        case when is_granted then 'granted' else 'denied' end as consent_status,
        'web_events:' || message_id as evidence_id,
        'unversioned' as policy_version,
        occurred_at as changed_at
    from changes
    where is_granted is distinct from was_granted

)

select * from shaped
