-- Catches a merge across two values of a type that identity_rules limits per customer (two household cards in one
-- household): somewhere a weaker identifier joined them.
select
    record_customers.customer_id,
    record_identifiers.identifier_type,
    count(distinct record_identifiers.identifier_value) as value_count
from {{ ref('int_identity__record_identifiers') }} as record_identifiers
inner join {{ ref('int_identity__record_customers') }} as record_customers
    on record_identifiers.record_key = record_customers.record_key
inner join {{ ref('identity_rules') }} as rules
    on record_identifiers.identifier_type = rules.identifier_type
where record_identifiers.is_accepted
group by record_customers.customer_id, record_identifiers.identifier_type, rules.max_values_per_customer
having count(distinct record_identifiers.identifier_value) > rules.max_values_per_customer
