-- A word by which somebody stops or starts marketing, and a message that Twilio did not send because of an earlier one
-- (error 21610).
with statements as (

    select
        message_id,
        contact_id,
        channel,
        case when marketing_word = 'start' then 'granted' else 'denied' end as consent_status,
        sent_at
    from {{ ref('stg_twilio__messages') }}
    where marketing_word is not null or (error_code = '21610' and not is_inbound)

),

shaped as (

    select
        'twilio' as source_system,
        'twilio:' || message_id || ':marketing' as consent_key,
        'twilio:' || contact_id as record_key,
        channel,
        'marketing' as purpose,
        consent_status,
        'twilio:' || message_id as evidence_id,
        'unversioned' as policy_version,
        sent_at as changed_at
    from statements

)

select * from shaped
