-- What persons said about being contacted: the vendors' consent states, and unsubscribing from a message, which is a
-- denial even if the vendor's state has not moved yet. Pending and unknown states say nothing. A no that came from a
-- number, of which nobody can tell whose word it was, counts for everybody who has the number; a yes for nobody.
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

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}
    where identifier_type = 'phone'

),

heard as (

    select
        statements.statement_key,
        statements.statement_key as heard_key,
        record_customers.customer_id
    from statements
    inner join record_customers on statements.record_key = record_customers.record_key

    union

    select
        statements.statement_key,
        statements.statement_key || ':' || record_customers.customer_id as heard_key,
        record_customers.customer_id
    from statements
    inner join record_identifiers as numbers
        on statements.record_key = numbers.record_key and numbers.refused_reason = 'no_name_on_shared_value'
    inner join record_identifiers as held
        on
            numbers.identifier_value = held.identifier_value
            and numbers.record_key <> held.record_key
            and (held.is_accepted or held.refused_reason = 'no_name_on_shared_value')
    inner join record_customers on held.record_key = record_customers.record_key
    where statements.consent_status = 'denied' and statements.channel in ('sms', 'whatsapp')

),

joined as (

    select
        heard.customer_id,
        heard.heard_key as statement_key,
        statements.record_key,
        statements.channel,
        statements.purpose,
        statements.consent_status,
        statements.evidence_id,
        statements.policy_version,
        statements.changed_at
    from statements
    inner join heard on statements.statement_key = heard.statement_key

)

select * from joined
