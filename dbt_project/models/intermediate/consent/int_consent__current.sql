-- The rule: of everything that any record of a person says, the latest counts, so a denial on one record beats a
-- grant on another unless the grant is later. At the same moment the denial counts; a denial without a time counts
-- as the latest, a grant without one as the earliest.
with statements as (

    select * from {{ ref('int_consent__statements') }}

),

latest as (

    select
        customer_id,
        channel,
        purpose,
        consent_status,
        evidence_id,
        policy_version,
        changed_at,
        record_key
    from statements
    qualify row_number() over (
        partition by customer_id, channel, purpose
        order by
            case
                when changed_at is null and consent_status = 'denied' then 0 when changed_at is null then 2 else 1
            end asc nulls last,
            changed_at desc nulls last,
            case when consent_status = 'denied' then 0 else 1 end asc nulls last,
            statement_key asc nulls last
    ) = 1

),

consents as (

    select
        {{ surrogate_key(['customer_id', 'channel', 'purpose']) }} as customer_consent_key,
        latest.*
    from latest

)

select * from consents
