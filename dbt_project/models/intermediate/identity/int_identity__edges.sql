-- In the form of stars: each record to the oldest record that carries the identifier, so the number of edges grows with
-- the records and not with their pairs.
with record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

records as (

    select * from {{ ref('int_identity__records') }}

),

linking as (

    select
        records.record_key,
        records.record_number,
        record_identifiers.source_system,
        record_identifiers.identifier_type,
        record_identifiers.identifier_value,
        record_identifiers.match_group,
        record_identifiers.rank,
        record_identifiers.first_seen_at,
        first_value(records.record_key) over star as centre_key,
        first_value(records.record_number) over star as centre_number,
        first_value(record_identifiers.first_seen_at) over star as centre_seen_at
    from record_identifiers
    inner join records on record_identifiers.record_key = records.record_key
    where record_identifiers.is_accepted and record_identifiers.is_edge
    window star as (
        partition by record_identifiers.identifier_type, record_identifiers.match_group
        order by records.record_number asc nulls last
    )

),

edges as (

    select
        centre_key as record_key_from,
        record_key as record_key_to,
        centre_number as record_number_from,
        record_number as record_number_to,
        case
            when match_group <> identifier_value then 'same_' || identifier_type || '_and_given_name'
            else 'same_' || identifier_type
        end as match_rule,
        identifier_type,
        identifier_value,
        rank as match_rank,
        source_system,
        greatest(first_seen_at, centre_seen_at) as first_seen_at
    from linking
    where record_number <> centre_number

)

select * from edges
