-- The given names a record speaks for: its own; where it has none, and for every visitor (a device may be used by
-- several people), those of the named records that share an identifier with it which tells names, and the one that its
-- e-mail begins with (kiran.agarwal@).
{{ config(materialized='view') }}

with records as (

    select * from {{ ref('int_identity__records') }}

),

identifiers as (

    select * from {{ ref('int_identity__identifiers') }}

),

rules as (

    select * from {{ ref('int_identity__rules') }}

),

telling as (

    select
        identifiers.record_key,
        identifiers.identifier_type,
        identifiers.identifier_value,
        coalesce(rules.max_given_names, 3) as max_given_names,
        records.given_name_key,
        records.record_type = 'visitor' as is_visitor
    from identifiers
    inner join rules on identifiers.identifier_type = rules.identifier_type
    inner join records on identifiers.record_key = records.record_key
    where
        identifiers.blocked_reason is null
        and rules.tells_name
        -- What one record carries alone tells it nothing new.
        and identifiers.record_count is distinct from 1

),

told_names as (

    select
        identifier_type,
        identifier_value,
        given_name_key
    from telling
    where given_name_key is not null and not is_visitor
    group by identifier_type, identifier_value, given_name_key
    -- One that carries more names than a person has tells nothing of its records.
    qualify count(*) over (partition by identifier_type, identifier_value) <= min(max_given_names)

),

known_names as (

    select given_name_key
    from records
    where length(given_name_key) >= 3
    group by given_name_key
    having count(*) > 1

),

written_in_emails as (

    select
        identifiers.record_key,
        known_names.given_name_key
    from identifiers
    inner join records on identifiers.record_key = records.record_key and records.given_name_key is null
    inner join known_names on split_part(identifiers.identifier_value, '.', 1) = known_names.given_name_key
    where
        identifiers.identifier_type = 'email'
        and identifiers.blocked_reason is null
        and split_part(identifiers.identifier_value, '@', 1) like '%_.__%'

),

record_names as (

    select
        record_key,
        given_name_key,
        true as is_own
    from records
    where given_name_key is not null

    union

    select
        record_key,
        given_name_key,
        false as is_own
    from written_in_emails

    union

    select
        telling.record_key,
        told_names.given_name_key,
        false as is_own
    from telling
    inner join told_names
        on
            telling.identifier_type = told_names.identifier_type
            and telling.identifier_value = told_names.identifier_value
    where telling.is_visitor or telling.given_name_key is null

)

select * from record_names
