-- All that could become a customer's golden record, in the form that is compared. Parts that only mean something
-- together (a name, an address) are one attribute, so that no street of one record meets the city of another.
{{ config(materialized='view') }}
with records as (

    select
        records.record_key,
        records.source_system,
        records.given_name,
        records.given_name_key,
        records.family_name,
        records.birth_date,
        records.address_line,
        records.city,
        records.region_code,
        records.postal_code,
        records.country_code,
        records.created_at,
        records.updated_at,
        record_customers.customer_id
    from {{ ref('int_identity__records') }} as records
    inner join {{ ref('int_identity__record_customers') }} as record_customers
        on records.record_key = record_customers.record_key
    where not records.is_test

),

contacts as (

    select * from {{ ref('int_identity__record_identifiers') }}
    where is_accepted and identifier_type in ('email', 'phone')

),

buyers as (

    select distinct record_key from {{ ref('int_orders__orders') }}
    where not is_test and not is_cancelled

),

-- A message whose link was followed reached the person, and so do all records that tell its address.
followed as (

    select distinct
        contacts.identifier_type,
        contacts.identifier_value
    from contacts
    inner join {{ ref('int_journeys__message_events') }} as message_events
        on
            contacts.record_key = message_events.record_key
            and message_events.touch_type = 'click'
            and (message_events.channel = 'email') = (contacts.identifier_type = 'email')

),

locales as (

    select
        record_key,
        lower(substr(locale, 1, 2)) as language_code,
        max(occurred_at) as observed_at
    from {{ ref('int_events__events') }}
    where event_type = 'identify' and locale is not null
    group by record_key, lower(substr(locale, 1, 2))

),

told as (

    -- A name that is written out tells more than an initial.
    {{ attribute_of_records(
        'name', ['given_name', 'family_name'], 'case when length(records.given_name_key) > 1 then 1 else 0 end'
    ) }}

    union all

    {{ attribute_of_records('address', ['address_line', 'city', 'region_code', 'postal_code', 'country_code']) }}

    union all

    {{ attribute_of_records('birth_date', ['birth_date']) }}

    union all

    select
        records.customer_id,
        contacts.identifier_type as attribute,
        records.record_key,
        records.source_system,
        contacts.identifier_value as attribute_value,
        1 as part_count,
        followed.identifier_value is not null as is_verified,
        contacts.last_seen_at as observed_at
    from contacts
    inner join records on contacts.record_key = records.record_key
    left join followed
        on
            contacts.identifier_type = followed.identifier_type
            and contacts.identifier_value = followed.identifier_value

    union all

    select
        records.customer_id,
        'language' as attribute,
        records.record_key,
        records.source_system,
        locales.language_code as attribute_value,
        1 as part_count,
        false as is_verified,
        locales.observed_at
    from locales
    inner join records on locales.record_key = records.record_key

)

select * from told
