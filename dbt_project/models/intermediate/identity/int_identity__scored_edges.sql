-- The scored pairs that join, in the form of int_identity__edges.
with pairs as (

    select * from {{ ref('int_identity__scored_pairs') }}
    where decision = 'accepted'

),

records as (

    select * from {{ ref('int_identity__records') }}

),

scored_edges as (

    select
        older.record_key as record_key_from,
        newer.record_key as record_key_to,
        pairs.record_number_from,
        pairs.record_number_to,
        'scored' as match_rule,
        cast(null as string) as identifier_type,
        cast(null as string) as identifier_value,
        cast(100 as bigint) as match_rank,
        pairs.match_probability,
        newer.source_system,
        greatest(older.created_at, newer.created_at) as first_seen_at
    from pairs
    inner join records as older on pairs.record_number_from = older.record_number
    inner join records as newer on pairs.record_number_to = newer.record_number

)

select * from scored_edges
