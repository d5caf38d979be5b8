-- One statement per type of subscription that is for marketing: the latest of them counts, as of all that a person
-- says. Opting out of all e-mail is told without a time; where a type tells when, that says it already.
with contacts as (

    select * from {{ ref('stg_hubspot__contacts') }}
    where not is_deleted and (not is_archived or is_email_opted_out)

),

statements as (

    select
        subscriptions.contact_id,
        subscriptions.subscription_id,
        subscriptions.status,
        subscriptions.changed_at
    from {{ ref('stg_hubspot__subscriptions') }} as subscriptions
    inner join contacts on subscriptions.contact_id = contacts.contact_id
    where subscriptions.purpose = 'marketing' and subscriptions.channel = 'email'

    union all

    select
        contact_id,
        'all' as subscription_id,
        'UNSUBSCRIBED' as status,
        cast(null as timestamp) as changed_at
    from contacts
    where
        is_email_opted_out
        and contact_id not in (
            select told.contact_id from {{ ref('stg_hubspot__subscriptions') }} as told
            where
                told.purpose = 'marketing'
                and told.channel = 'email'
                and told.status = 'UNSUBSCRIBED'
                and told.changed_at is not null
        )

),

evidenced as (

    select
        *,
        'hubspot:' || contact_id || ':' || subscription_id || ':'
        || coalesce({{ format_date('changed_at', '%Y-%m-%dT%H:%M:%SZ') }}, 'undated') as evidence_id
    from statements

),

shaped as (

    select
        'hubspot' as source_system,
        evidence_id || ':marketing' as consent_key,
        'hubspot:' || contact_id as record_key,
        'email' as channel,
        'marketing' as purpose,
        case
            when status = 'SUBSCRIBED' then 'granted'
            when status = 'UNSUBSCRIBED' then 'denied'
            else 'unknown'
        end as consent_status,
        evidence_id,
        'unversioned' as policy_version,
        changed_at
    from evidenced

)

select * from shaped
