-- Offers are stopped and wanted again in three ways: in the app, by a word, and (stopped only) as the reason for which
-- WhatsApp did not deliver one (error 131050).
with statements as (

    select
        preference_id as evidence,
        contact_id,
        case when preference = 'stop' then 'denied' when preference = 'resume' then 'granted' else 'unknown' end
            as consent_status,
        occurred_at
    from {{ ref('stg_whatsapp__preferences') }}
    where category = 'marketing_messages'

    union all

    select
        message_id as evidence,
        contact_id,
        case when marketing_word = 'stop' then 'denied' else 'granted' end as consent_status,
        occurred_at
    from {{ ref('stg_whatsapp__messages') }}
    where marketing_word is not null

    union all

    select
        status_id as evidence,
        contact_id,
        'denied' as consent_status,
        occurred_at
    from {{ ref('stg_whatsapp__statuses') }}
    where error_code = '131050'

),

shaped as (

    select
        'whatsapp' as source_system,
        'whatsapp:' || evidence || ':marketing' as consent_key,
        'whatsapp:' || contact_id as record_key,
        'whatsapp' as channel,
        'marketing' as purpose,
        consent_status,
        'whatsapp:' || evidence as evidence_id,
        'unversioned' as policy_version,
        occurred_at as changed_at
    from statements
    where contact_id is not null

)

select * from shaped
