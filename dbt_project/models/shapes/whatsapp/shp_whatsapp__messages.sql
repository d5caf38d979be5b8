-- Statuses of what we sent, and what people sent: an answer to one of our messages is told with that one's campaign.
with statuses as (

    select * from {{ ref('stg_whatsapp__statuses') }}

),

campaigns as (

    select
        message_id,
        max(campaign_name) as campaign_name,
        max(template_name) as template_name
    from statuses
    group by message_id

),

sent as (

    select
        'whatsapp:' || status_id as message_event_key,
        message_id,
        contact_id,
        case
            when status in ('sent', 'delivered') then status
            when status in ('read', 'played') then 'opened'
            when status = 'failed' then 'bounced'
            else 'other'
        end as event_type,
        status as event_name,
        template_name,
        campaign_name,
        occurred_at
    from statuses

),

written as (

    select
        'whatsapp:' || messages.message_id as message_event_key,
        coalesce(messages.answers_message_id, messages.message_id) as message_id,
        messages.contact_id,
        case
            when messages.answers_message_id is null then 'other'
            when messages.is_tap then 'clicked'
            else 'replied'
        end as event_type,
        messages.message_type as event_name,
        campaigns.template_name,
        campaigns.campaign_name,
        messages.occurred_at
    from {{ ref('stg_whatsapp__messages') }} as messages
    left join campaigns on messages.answers_message_id = campaigns.message_id

),

events as (

    select * from sent
    union all
    select * from written

),

shaped as (

    select
        'whatsapp' as source_system,
        message_event_key,
        message_id,
        'whatsapp:' || contact_id as record_key,
        'whatsapp' as channel,
        event_type,
        event_name,
        template_name as campaign_id,
        coalesce(campaign_name, template_name) as campaign_name,
        cast(null as string) as url,
        occurred_at
    from events

)

select * from shaped
