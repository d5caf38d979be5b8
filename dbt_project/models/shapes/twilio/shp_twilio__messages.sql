-- A message is one event, at the stage that it has reached. What a text answers nobody tells: all are replies.
with messages as (

    select * from {{ ref('stg_twilio__messages') }}

),

shaped as (

    select
        'twilio' as source_system,
        'twilio:' || message_id as message_event_key,
        message_id,
        'twilio:' || contact_id as record_key,
        channel,
        case
            when is_inbound then 'replied'
            when status = 'delivered' then 'delivered'
            when status = 'read' then 'opened'
            when status in ('undelivered', 'failed') then 'bounced'
            when status = 'sent' then 'sent'
            else 'other'
        end as event_type,
        status as event_name,
        service_id as campaign_id,
        cast(null as string) as campaign_name,
        cast(null as string) as url,
        sent_at as occurred_at
    from messages

)

select * from shaped
