-- Addresses that a tool must not write to whatever the person wants: as a tool lists them, or as a complaint about one
-- of its messages tells. Unsubscribing is consent, not suppression, and comes with the statements.
with listed as (

    {{ union_shape('suppressions') }}

),

messages as (

    {{ union_shape('messages') }}

),

suppressions as (

    select
        record_key,
        channel,
        purpose,
        suppression_reason,
        suppression_key as evidence_id,
        suppressed_at
    from listed

    union all

    select
        record_key,
        channel,
        'marketing' as purpose,
        'spam_complaint' as suppression_reason,
        message_event_key as evidence_id,
        occurred_at as suppressed_at
    from messages
    where event_type = 'complained'

)

select * from suppressions
