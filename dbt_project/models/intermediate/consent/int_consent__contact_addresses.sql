-- Where tools may reach a customer: a refused or suppressed address never, nor one by which a marketplace hides its
-- buyers; then the address of the record that carries the grant in force; then one that a person gave to a shop or a
-- list before one that a browser told; then the newest.
with record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

consents as (

    select * from {{ ref('int_consent__current') }}

),

suppressions as (

    select * from {{ ref('int_consent__suppressions') }}

),

reachable as (

    select
        record_customers.customer_id,
        record_customers.record_type,
        record_identifiers.record_key,
        record_identifiers.identifier_type,
        record_identifiers.contact_value,
        record_identifiers.last_seen_at,
        case when record_identifiers.identifier_type = 'email' then 'email' else 'sms' end as channel
    from record_identifiers
    inner join record_customers on record_identifiers.record_key = record_customers.record_key
    where
        record_identifiers.identifier_type in ('email', 'phone')
        and record_identifiers.is_accepted
        and not exists (
            select 1
            from {{ ref('masked_email_domains') }} as masked
            where lower(record_identifiers.contact_value) like '%@' || masked.domain_pattern
        )

),

addresses as (

    select
        reachable.customer_id,
        reachable.identifier_type,
        reachable.contact_value,
        max(case when consents.consent_status = 'granted' then 1 else 0 end) as is_granted,
        max(case when reachable.record_type <> 'visitor' then 1 else 0 end) as is_given,
        max(case when suppressions.record_key is not null then 1 else 0 end) as is_suppressed,
        max(reachable.last_seen_at) as last_seen_at
    from reachable
    left join consents
        on
            reachable.record_key = consents.record_key
            and reachable.channel = consents.channel
            and consents.purpose = 'marketing'
    left join suppressions
        on reachable.record_key = suppressions.record_key and reachable.channel = suppressions.channel
    group by reachable.customer_id, reachable.identifier_type, reachable.contact_value

),

best_addresses as (

    select
        customer_id,
        identifier_type,
        contact_value
    from addresses
    where is_suppressed = 0
    qualify row_number() over (
        partition by customer_id, identifier_type
        order by
            is_granted desc nulls last, is_given desc nulls last, last_seen_at desc nulls last,
            contact_value asc nulls last
    ) = 1

)

select * from best_addresses
