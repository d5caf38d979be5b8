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

-- Most values come once: only the others have to be gathered by record and counted.
repeated as (

    select
        identifier_type,
        identifier_value
    from written
    group by identifier_type, identifier_value
    having count(*) > 1

),

gathered as (

    select
        written.record_key,
        written.source_system,
        written.identifier_type,
        written.identifier_value,
        written.is_malformed,
        max(written.contact_value) as contact_value,
        min(written.observed_by) as observed_by,
        min(written.first_seen_at) as first_seen_at,
        max(written.last_seen_at) as last_seen_at
    from written
    inner join repeated
        on
            written.identifier_type = repeated.identifier_type
            and written.identifier_value = repeated.identifier_value
    group by
        written.record_key,
        written.source_system,
        written.identifier_type,
        written.identifier_value,
        written.is_malformed

),

identifiers as (

    select
        written.*,
        1 as record_count
    from written
    left join repeated
        on
            written.identifier_type = repeated.identifier_type
            and written.identifier_value = repeated.identifier_value
    where repeated.identifier_type is null

    union all

    select
        *,
        count(*) over (partition by identifier_type, identifier_value) as record_count
    from gathered

),

-- Only types that have patterns are held against them, each value once.
patterns as (

    select
        identifier_type,
        pattern,
        reason
    from blocked
    where match_kind = 'like'

),

held_against_patterns as (

    select distinct
        identifiers.identifier_type,
        identifiers.identifier_value
    from identifiers
    inner join (select distinct identifier_type from patterns) as types
        on identifiers.identifier_type = types.identifier_type

),

blocked_values as (

    select
        identifiers.identifier_type,
        identifiers.identifier_value,
        1 as precedence,
        blocked.reason
    from identifiers
    inner join blocked on lower(identifiers.identifier_value) = blocked.pattern
    where blocked.match_kind = 'value'

    union all

    select
        held_against_patterns.identifier_type,
        held_against_patterns.identifier_value,
        2 as precedence,
        patterns.reason
    from held_against_patterns
    inner join patterns
        on
            held_against_patterns.identifier_type = patterns.identifier_type
            and held_against_patterns.identifier_value like patterns.pattern

),

reasons as (

    select
        identifier_type,
        identifier_value,
        coalesce(min(case when precedence = 1 then reason end), min(reason)) as reason
    from blocked_values
    group by identifier_type, identifier_value

)

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
