-- The state as it stands, dated by its last change; a later state is a new row. Never subscribed is unknown, which is
-- not consent. Suppressions are another thing and no consent: see stg_klaviyo__profiles.
with profiles as (

    select * from {{ ref('stg_klaviyo__profiles') }}

),

states as (

    select
        profile_id,
        'email' as channel,
        email_consent as consent,
        email_consent_at as changed_at
    from profiles
    union all
    select
        profile_id,
        'sms' as channel,
        sms_consent as consent,
        sms_consent_at as changed_at
    from profiles
    union all
    select
        profile_id,
        'push' as channel,
        push_consent as consent,
        push_consent_at as changed_at
    from profiles

),

evidenced as (

    select
        *,
        'klaviyo:' || profile_id || ':' || channel || ':'
        || coalesce({{ format_date('changed_at', '%Y-%m-%dT%H:%M:%SZ') }}, 'undated') as evidence_id
    from states
    where consent is not null

),

shaped as (

    select
        'klaviyo' as source_system,
        evidence_id || ':marketing' as consent_key,
        'klaviyo:' || profile_id as record_key,
        channel,
        'marketing' as purpose,
        case
            when consent = 'SUBSCRIBED' then 'granted'
            when consent = 'UNSUBSCRIBED' then 'denied'
            else 'unknown'
        end as consent_status,
        evidence_id,
        'unversioned' as policy_version,
        changed_at
    from evidenced

)

select * from shaped
