-- What a customer had agreed to at any time, by the rule of int_consent__current: the latest word counts, at the same
-- moment the denial. A denial without a time counts for all of time, so that nothing said with one outweighs it; a
-- grant without one counts until the first that has a time.
with statements as (

    select statements.*
    from {{ ref('int_consent__statements') }} as statements
    inner join {{ ref('int_identity__customers') }} as customers on statements.customer_id = customers.customer_id

),

last_words as (

    select
        *,
        max(case when changed_at is null and consent_status = 'denied' then 1 else 0 end) over (
            partition by customer_id, channel, purpose
        ) as is_denied_for_good
    from statements
    qualify row_number() over (
        partition by customer_id, channel, purpose, changed_at
        order by case when consent_status = 'denied' then 0 else 1 end asc nulls last, statement_key asc nulls last
    ) = 1

),

intervals as (

    select
        *,
        lead(changed_at) over (partition by customer_id, channel, purpose order by changed_at asc nulls first)
            as valid_to
    from last_words
    where is_denied_for_good = 0 or (changed_at is null and consent_status = 'denied')

),

fct_customer_consents as (

    select
        {{ surrogate_key(['customer_id', 'channel', 'purpose', 'changed_at']) }} as customer_consent_key,
        customer_id,
        channel,
        purpose,
        consent_status,
        evidence_id,
        policy_version,
        valid_to is null as is_current,
        changed_at as valid_from,
        valid_to
    from intervals

)

select * from fct_customer_consents
