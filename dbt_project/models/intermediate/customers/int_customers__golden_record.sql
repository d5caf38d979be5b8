-- What we hold a customer for, in the words of the records that int_customers__golden_record_sources chose. Personal
-- data: never published.
with customers as (

    select * from {{ ref('int_identity__customers') }}

),

records as (

    select * from {{ ref('int_identity__records') }}

),

contacts as (

    select * from {{ ref('int_identity__record_identifiers') }}
    where is_accepted and identifier_type in ('email', 'phone')

),

sources as (

    select
        customer_id,
        {%- for attribute in ['name', 'address', 'birth_date', 'email', 'phone'] %}
            max(case when attribute = '{{ attribute }}' then record_key end) as {{ attribute }}_record_key,
        {%- endfor %}
        max(case when attribute = 'email' then attribute_value end) as email_value,
        max(case when attribute = 'phone' then attribute_value end) as phone_value,
        max(case when attribute = 'language' then attribute_value end) as language_code
    from {{ ref('int_customers__golden_record_sources') }}
    group by customer_id

),

golden_records as (

    select
        customers.customer_id,
        names.given_name,
        names.family_name,
        emails.contact_value as email,
        phones.contact_value as phone,
        addresses.address_line,
        addresses.city,
        addresses.region_code,
        addresses.postal_code,
        addresses.country_code,
        sources.language_code,
        births.birth_date
    from customers
    left join sources on customers.customer_id = sources.customer_id
    left join records as names on sources.name_record_key = names.record_key
    left join records as addresses on sources.address_record_key = addresses.record_key
    left join records as births on sources.birth_date_record_key = births.record_key
    left join contacts as emails
        on
            sources.email_record_key = emails.record_key
            and sources.email_value = emails.identifier_value
            and emails.identifier_type = 'email'
    left join contacts as phones
        on
            sources.phone_record_key = phones.record_key
            and sources.phone_value = phones.identifier_value
            and phones.identifier_type = 'phone'

)

select * from golden_records
