-- Catches a merge across two values of a type that identity_rules limits per customer (two household cards in one
-- household): somewhere a weaker identifier joined them. Only a person may decide so.
with over_limit as (

    select
        record_customers.customer_id,
        record_identifiers.identifier_type,
        count(distinct record_identifiers.identifier_value) as value_count
    from {{ ref('int_identity__record_identifiers') }} as record_identifiers
    inner join {{ ref('int_identity__rules') }} as rules
        on record_identifiers.identifier_type = rules.identifier_type and rules.max_values_per_customer is not null
    inner join {{ ref('int_identity__record_customers') }} as record_customers
        on record_identifiers.record_key = record_customers.record_key
    where record_identifiers.is_accepted
    group by record_customers.customer_id, record_identifiers.identifier_type, rules.max_values_per_customer
    having count(distinct record_identifiers.identifier_value) > rules.max_values_per_customer

),

decided as (

    select distinct record_customers.customer_id
    from {{ ref('int_identity__manual_links') }} as links
    inner join {{ ref('int_identity__record_customers') }} as record_customers
        on links.record_key_from = record_customers.record_key
    where links.link_type = 'include'

)

select over_limit.*
from over_limit
left join decided on over_limit.customer_id = decided.customer_id
where decided.customer_id is null
