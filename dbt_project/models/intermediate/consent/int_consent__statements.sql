-- What persons said about being contacted: the vendors' consent states, and unsubscribing from a message, which is a
-- denial even if the vendor's state has not moved yet. Pending and unknown states say nothing.
with consents as (

    {{ union_shape('consents') }}

),

messages as (

    {{ union_shape('messages') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

statements as (

    select
        consent_key as statement_key,
        record_key,
        channel,
        purpose,
        consent_status,
        coalesce(evidence_id, consent_key) as evidence_id,
        policy_version,
        changed_at
    from consents
    where consent_status in ('granted', 'denied')

    union all

    select
        message_event_key as statement_key,
        record_key,
        channel,
        'marketing' as purpose,
        'denied' as consent_status,
        message_event_key as evidence_id,
        'unversioned' as policy_version,
        occurred_at as changed_at
    from messages
    where event_type = 'unsubscribed'

),

joined as (

    select
        record_customers.customer_id,
        statements.*
    from statements
    inner join record_customers on statements.record_key = record_customers.record_key

)

select * from joined
