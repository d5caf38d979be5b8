-- Catches a golden record made of another person's data: an attribute taken from a record that is not the customer's,
-- an identifier that was refused, or one value read from a record that tells another.
with sources as (

    select * from {{ ref('int_customers__golden_record_sources') }}

),

record_customers as (

    select * from {{ ref('int_identity__record_customers') }}

),

identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}
    where is_accepted

)

select
    sources.customer_id,
    sources.attribute,
    sources.record_key
from sources
left join record_customers on sources.record_key = record_customers.record_key
left join identifiers
    on
        sources.record_key = identifiers.record_key
        and sources.attribute = identifiers.identifier_type
        and sources.attribute_value = identifiers.identifier_value
where
    record_customers.customer_id is distinct from sources.customer_id
    or (sources.attribute in ('email', 'phone') and identifiers.record_key is null)
