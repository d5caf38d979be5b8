-- Whom no audience may reach: addresses that tools must not write to, persons the shop excludes, and, a second time,
-- whoever denied consent, so that a withdrawal does not depend on one join.
with suppressions as (

    select * from {{ ref('int_consent__suppressions') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

bridge as (

    select * from {{ ref('bridge_customer_identifiers') }}

),

excluded as (

    select * from {{ ref('suppressed_identifiers') }}

),

consents as (

    select * from {{ ref('int_consent__current') }}

),

suppressed as (

    select
        record_customers.customer_id,
        suppressions.channel,
        suppressions.purpose,
        suppressions.suppression_reason,
        suppressions.evidence_id,
        suppressions.suppressed_at
    from suppressions
    inner join record_customers on suppressions.record_key = record_customers.record_key

    union all

    select
        coalesce(bridge.customer_id, excluded.customer_id) as customer_id,
        coalesce(excluded.channel, 'all') as channel,
        coalesce(excluded.purpose, 'all') as purpose,
        coalesce(excluded.suppression_reason, 'excluded') as suppression_reason,
        'suppressed_identifiers:' || coalesce(excluded.identifier_hash, excluded.customer_id) as evidence_id,
        excluded.suppressed_at
    from excluded
    left join bridge
        on excluded.identifier_type = bridge.identifier_type and excluded.identifier_hash = bridge.identifier_hash
    where coalesce(bridge.customer_id, excluded.customer_id) is not null

    union all

    select
        customer_id,
        channel,
        purpose,
        'consent_denied' as suppression_reason,
        evidence_id,
        changed_at as suppressed_at
    from consents
    where consent_status = 'denied'

),

deduplicated as (

    select
        {{ surrogate_key(['customer_id', 'channel', 'purpose', 'suppression_reason']) }} as suppression_key,
        customer_id,
        channel,
        purpose,
        suppression_reason,
        evidence_id,
        suppressed_at
    from suppressed
    qualify row_number() over (
        partition by customer_id, channel, purpose, suppression_reason
        order by suppressed_at asc nulls last, evidence_id asc nulls last
    ) = 1

)

select * from deduplicated
