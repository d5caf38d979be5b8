with record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

hashed as (

    select
        record_customers.customer_id,
        record_identifiers.record_key,
        record_identifiers.source_system,
        record_identifiers.identifier_type,
        {{ identifier_hash('record_identifiers.identifier_type', 'record_identifiers.identifier_value') }}
            as identifier_hash,
        record_identifiers.is_accepted,
        record_identifiers.refused_reason,
        record_identifiers.first_seen_at,
        record_identifiers.last_seen_at
    from record_identifiers
    inner join record_customers on record_identifiers.record_key = record_customers.record_key

),

keyed as (

    select
        {{ surrogate_key(['record_key', 'identifier_type', 'identifier_hash']) }} as customer_identifier_key,
        hashed.*
    from hashed

)

select * from keyed
