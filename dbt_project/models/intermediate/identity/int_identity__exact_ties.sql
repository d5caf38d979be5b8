-- What int_identity__edges will say of identifiers, as numbers alone: scoring leaves alone what is one cluster without
-- it.
with record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}
    where {{ var('scored_edges') }} and is_accepted and is_edge and record_count is distinct from 1

),

records as (

    select * from {{ ref('int_identity__records') }}

),

starred as (

    select
        records.record_number,
        min(records.record_number) over (
            partition by record_identifiers.match_rule, record_identifiers.match_group
        ) as centre_number
    from record_identifiers
    inner join records on record_identifiers.record_key = records.record_key

),

exact_ties as (

    select distinct
        centre_number as record_number_from,
        record_number as record_number_to
    from starred
    where record_number <> centre_number

)

select * from exact_ties
