-- One way to write each value, and what is refused for its form alone. A value that can't be read stays as it came.
with observed as (

    select * from {{ ref('int_identity__observed_identifiers') }}

),

phones as (

    select * from {{ ref('int_identity__phones') }}

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
            observed.identifier_type = 'phone'
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

identifiers as (

    select
        record_key,
        source_system,
        identifier_type,
        coalesce(match_value, lower(observed_value)) as identifier_value,
        match_value is null as is_malformed,
        max(contact_value) as contact_value,
        min(observed_by) as observed_by,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from matchable
    group by
        record_key, source_system, identifier_type, coalesce(match_value, lower(observed_value)), match_value is null

),

distinct_values as (

    select distinct
        identifier_type,
        identifier_value,
        is_malformed
    from identifiers

),

blocked_values as (

    select
        distinct_values.identifier_type,
        distinct_values.identifier_value,
        min(
            case
                when distinct_values.is_malformed then 'malformed'
                when replace(replace(distinct_values.identifier_value, '0', ''), '-', '') = '' then 'zeros'
                else coalesce(placeholders.reason, patterns.reason)
            end
        ) as blocked_reason
    from distinct_values
    left join blocked as placeholders
        on
            placeholders.match_kind = 'value'
            and placeholders.identifier_type in ('*', distinct_values.identifier_type)
            and lower(distinct_values.identifier_value) = placeholders.pattern
    left join blocked as patterns
        on
            patterns.match_kind = 'like'
            and distinct_values.identifier_type = patterns.identifier_type
            and distinct_values.identifier_value like patterns.pattern
    group by distinct_values.identifier_type, distinct_values.identifier_value

)

select
    identifiers.*,
    blocked_values.blocked_reason
from identifiers
left join blocked_values
    on
        identifiers.identifier_type = blocked_values.identifier_type
        and identifiers.identifier_value = blocked_values.identifier_value
