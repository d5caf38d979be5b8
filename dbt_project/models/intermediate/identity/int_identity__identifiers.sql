-- One way to write each value, and what is refused for its form alone. A value that can't be read stays as it came.
with observed as (

    select * from {{ ref('int_identity__observed_identifiers') }}

),

phones as (

    select
        'phone' as identifier_type,
        observed_value,
        country_code,
        phone
    from {{ ref('int_identity__phones') }}

),

blocked as (

    select * from {{ ref('blocked_identifiers') }}

),

normalised as (

    select
        observed.record_key,
        observed.source_system,
        observed.identifier_type,
        observed.observed_value,
        case
            when observed.identifier_type = 'email' then {{ normalise_email('observed.observed_value') }}
            when observed.identifier_type = 'phone' then phones.phone
            else observed.observed_value
        end as contact_value,
        observed.observed_by,
        observed.first_seen_at,
        observed.last_seen_at
    from observed
    left join phones
        on
            observed.identifier_type = phones.identifier_type
            and observed.observed_value = phones.observed_value
            and observed.country_code = phones.country_code

),

matchable as (

    select
        *,
        case
            when identifier_type = 'email' then {{ email_match_value('contact_value') }}
            else contact_value
        end as match_value
    from normalised

),

written as (

    select
        record_key,
        source_system,
        identifier_type,
        coalesce(match_value, lower(observed_value)) as identifier_value,
        match_value is null as is_malformed,
        contact_value,
        observed_by,
        first_seen_at,
        last_seen_at
    from matchable

),

repeated as (

    select
        identifier_type,
        identifier_value
    from written
    group by identifier_type, identifier_value
    having count(*) > 1

),

identifiers as {{ gathered_identifiers() }},

reasons as {{ blocked_reasons() }},

blocked_identifiers as (

    select
        identifiers.*,
        case
            when identifiers.is_malformed then 'malformed'
            when
                substr(identifiers.identifier_value, 1, 1) in ('0', '-')
                and replace(replace(identifiers.identifier_value, '0', ''), '-', '') = ''
                then 'zeros'
            else reasons.reason
        end as blocked_reason
    from identifiers
    left join reasons
        on
            identifiers.identifier_type = reasons.identifier_type
            and identifiers.identifier_value = reasons.identifier_value

)

select * from blocked_identifiers
