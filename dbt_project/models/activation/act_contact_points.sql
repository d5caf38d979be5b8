-- The one e-mail and phone that tools get for a customer, and the name and place beside them: a refused or suppressed
-- address never; then the address of the record that carries the grant in force; then one that a person gave to a
-- shop or a list before one that a browser told; then the newest.
with record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

records as (

    select * from {{ ref('int_identity__records') }}

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

addresses as (

    select
        record_customers.customer_id,
        record_identifiers.identifier_type,
        record_identifiers.contact_value,
        max(case when consents.consent_status = 'granted' then 1 else 0 end) as is_granted,
        max(case when record_customers.record_type <> 'visitor' then 1 else 0 end) as is_given,
        max(case when suppressions.record_key is not null then 1 else 0 end) as is_suppressed,
        max(record_identifiers.last_seen_at) as last_seen_at
    from record_identifiers
    inner join record_customers on record_identifiers.record_key = record_customers.record_key
    left join consents on record_identifiers.record_key = consents.record_key
        and consents.purpose = 'marketing'
        and consents.channel = case when record_identifiers.identifier_type = 'email' then 'email' else 'sms' end
    left join suppressions on record_identifiers.record_key = suppressions.record_key
        and suppressions.channel = case when record_identifiers.identifier_type = 'email' then 'email' else 'sms' end
    where record_identifiers.identifier_type in ('email', 'phone') and record_identifiers.is_accepted
    group by record_customers.customer_id, record_identifiers.identifier_type, record_identifiers.contact_value

),

best_addresses as (

    select customer_id, identifier_type, contact_value
    from addresses
    where is_suppressed = 0
    qualify row_number() over (
        partition by customer_id, identifier_type
        order by is_granted desc nulls last, is_given desc nulls last, last_seen_at desc nulls last,
            contact_value asc nulls last
    ) = 1

),

named as (

    select record_customers.customer_id, records.*
    from records
    inner join record_customers on records.record_key = record_customers.record_key
    where records.record_type <> 'visitor'

),

best_names as (

    select customer_id, given_name, family_name
    from named
    where given_name is not null
    qualify row_number() over (
        partition by customer_id order by updated_at desc nulls last, record_key asc nulls last
    ) = 1

),

best_places as (

    select customer_id, city, region_code, postal_code, country_code
    from named
    where city is not null or postal_code is not null
    qualify row_number() over (
        partition by customer_id order by updated_at desc nulls last, record_key asc nulls last
    ) = 1

),

contact_points as (

    select
        customers.customer_id,
        emails.contact_value as email,
        phones.contact_value as phone,
        best_names.given_name,
        best_names.family_name,
        best_places.city,
        best_places.region_code,
        best_places.postal_code,
        best_places.country_code
    from (select distinct customer_id from best_addresses) as customers
    left join best_addresses as emails on customers.customer_id = emails.customer_id and emails.identifier_type = 'email'
    left join best_addresses as phones on customers.customer_id = phones.customer_id and phones.identifier_type = 'phone'
    left join best_names on customers.customer_id = best_names.customer_id
    left join best_places on customers.customer_id = best_places.customer_id

)

select * from contact_points
