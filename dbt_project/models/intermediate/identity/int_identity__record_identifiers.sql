-- Which of a record's identifiers join it to others, under which group, and why the rest do not.
{{ config(materialized='view') }}

with identifiers as (

    select * from {{ ref('int_identity__identifiers') }}

),

guarded as (

    select * from {{ ref('int_identity__guarded_identifiers') }}

),

rules as (

    select * from {{ ref('int_identity__rules') }}

),

record_identifiers as (

    select
        identifiers.record_key,
        identifiers.source_system,
        identifiers.identifier_type,
        identifiers.identifier_value,
        identifiers.contact_value,
        identifiers.observed_by,
        guarded.refused_reason is null as is_accepted,
        guarded.refused_reason,
        rules.is_edge,
        rules.rank,
        'same_' || identifiers.identifier_type
        || case when guarded.name_group is not null then '_and_given_name' else '' end as match_rule,
        case
            when guarded.refused_reason is null
                then
                    {{ match_group('identifiers.identifier_value', 'guarded.name_group') }}
                    || coalesce('|after silence ' || cast(guarded.silence_number as string), '')
        end as match_group,
        identifiers.record_count,
        identifiers.first_seen_at,
        identifiers.last_seen_at
    from identifiers
    inner join rules on identifiers.identifier_type = rules.identifier_type
    left join guarded
        on
            identifiers.record_key = guarded.record_key
            and identifiers.identifier_type = guarded.identifier_type
            and identifiers.identifier_value = guarded.identifier_value

)

select * from record_identifiers
