-- In the form of stars: each record to the oldest record that carries the identifier, so the number of edges grows with
-- the records and not with their pairs. Beside them what a platform merged itself, and what a person decided, and pairs
-- that scoring joins.
with record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

records as (

    select * from {{ ref('int_identity__records') }}

),

manual_links as (

    select * from {{ ref('int_identity__manual_links') }}
    where link_type = 'include' and is_in_force

),

sightings as (

    select
        records.record_key,
        records.record_number,
        record_identifiers.match_rule,
        record_identifiers.match_group,
        record_identifiers.identifier_type,
        record_identifiers.identifier_value,
        record_identifiers.rank as match_rank,
        record_identifiers.source_system,
        record_identifiers.first_seen_at
    from record_identifiers
    inner join records on record_identifiers.record_key = records.record_key
    where
        record_identifiers.is_accepted
        and record_identifiers.is_edge
        -- What one record carries alone ties it to nobody.
        and record_identifiers.record_count is distinct from 1

    union all

    {{ platform_merges() }}

),

stars as (

    select
        match_rule,
        match_group,
        min(record_number) as record_number,
        min_by(record_key, record_number) as record_key,
        min_by(first_seen_at, record_number) as first_seen_at
    from sightings
    group by match_rule, match_group
    having count(*) > 1

),

edges as (

    select
        stars.record_key as record_key_from,
        sightings.record_key as record_key_to,
        stars.record_number as record_number_from,
        sightings.record_number as record_number_to,
        sightings.match_rule,
        sightings.identifier_type,
        sightings.identifier_value,
        sightings.match_rank,
        cast(null as double) as match_probability,
        sightings.source_system,
        greatest(sightings.first_seen_at, stars.first_seen_at) as first_seen_at
    from sightings
    inner join stars
        on sightings.match_rule = stars.match_rule and sightings.match_group = stars.match_group
    where sightings.record_number <> stars.record_number

    union all

    select
        record_key_from,
        record_key_to,
        record_number_from,
        record_number_to,
        'manual_include' as match_rule,
        cast(null as string) as identifier_type,
        cast(null as string) as identifier_value,
        0 as match_rank,
        cast(null as double) as match_probability,
        'manual' as source_system,
        decided_at as first_seen_at
    from manual_links

    union all

    select
        record_key_from,
        record_key_to,
        record_number_from,
        record_number_to,
        match_rule,
        identifier_type,
        identifier_value,
        match_rank,
        match_probability,
        source_system,
        first_seen_at
    from {{ ref('int_identity__scored_edges') }}

)

select * from edges
