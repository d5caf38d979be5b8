-- Message events of the kinds that count, by the seed message_touches, with their customers.
with messages as (

    {{ union_shape('messages') }}

),

message_events as (

    select
        messages.message_event_key,
        messages.source_system,
        rules.touch_type,
        messages.channel,
        messages.campaign_id,
        {{ campaign_word('coalesce(messages.campaign_name, messages.campaign_id)') }} as campaign,
        messages.record_key,
        record_customers.customer_id,
        messages.occurred_at as touched_at
    from messages
    inner join {{ ref('message_touches') }} as rules
        on messages.channel = rules.channel and messages.event_type = rules.event_type
    left join {{ ref('int_identity__record_customers') }} as record_customers
        on messages.record_key = record_customers.record_key
    qualify row_number() over (
        partition by messages.message_event_key
        order by messages.occurred_at asc nulls last, messages.record_key asc nulls last
    ) = 1

)

select * from message_events
