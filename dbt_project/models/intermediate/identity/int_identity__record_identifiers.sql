-- Which of a record's identifiers join it to others, under which group, and why the rest do not.
with identifiers as (

    select * from {{ ref('int_identity__identifiers') }}

),

refused as (

    select * from {{ ref('int_identity__refused_identifiers') }}

),

identifier_names as (

    select * from {{ ref('int_identity__identifier_names') }}

),

rules as (

    select * from {{ ref('int_identity__rules') }}

),

shared_devices as {{ shared_devices() }},

overfull as {{ overfull_records() }},

names_by_identifier as {{ name_counts(['identifier_type', 'identifier_value']) }},

names_by_record as {{ name_counts(['record_key', 'identifier_type', 'identifier_value']) }},

judged as (

    select
        identifiers.*,
        rules.is_edge,
        rules.rank,
        rules.window_days,
        case when rules.name_rule = 'split' and names_by_identifier.name_count > 1 then names_by_record.only_name end
            as name_group,
        case
            when refused.refused_reason is not null then refused.refused_reason
            when shared_devices.record_key is not null and not rules.is_login then 'shared_device'
            when overfull.record_key is not null then 'too_many_values_on_record'
            when
                rules.name_rule = 'split' and names_by_identifier.name_count > 1
                and coalesce(names_by_record.name_count, 0) <> 1 then 'name_unclear_on_shared_value'
        end as refused_reason
    from identifiers
    inner join rules on identifiers.identifier_type = rules.identifier_type
    left join refused
        on
            identifiers.identifier_type = refused.identifier_type
            and identifiers.identifier_value = refused.identifier_value
    left join shared_devices on identifiers.record_key = shared_devices.record_key
    left join overfull
        on
            identifiers.record_key = overfull.record_key
            and identifiers.identifier_type = overfull.identifier_type
    left join names_by_identifier
        on
            identifiers.identifier_type = names_by_identifier.identifier_type
            and identifiers.identifier_value = names_by_identifier.identifier_value
    left join names_by_record
        on
            identifiers.record_key = names_by_record.record_key
            and identifiers.identifier_type = names_by_record.identifier_type
            and identifiers.identifier_value = names_by_record.identifier_value

),

grouped as (

    select
        *,
        refused_reason is null as is_accepted,
        'same_' || identifier_type || case when name_group is not null then '_and_given_name' else '' end as match_rule,
        -- A value shared by a household stands for one person per given name.
        case when refused_reason is null then identifier_value || coalesce('|' || name_group, '') end as match_group
    from judged

),

-- The few groups that were silent for longer than their window.
silences as (

    {{ identifier_silences() }}

),

record_identifiers as (

    select
        grouped.record_key,
        grouped.source_system,
        grouped.identifier_type,
        grouped.identifier_value,
        grouped.contact_value,
        grouped.observed_by,
        grouped.is_accepted,
        grouped.refused_reason,
        grouped.is_edge,
        grouped.rank,
        grouped.match_rule,
        grouped.match_group
        || coalesce('|after silence ' || cast(silences.silence_number as string), '') as match_group,
        grouped.first_seen_at,
        grouped.last_seen_at
    from grouped
    left join silences
        on
            grouped.record_key = silences.record_key
            and grouped.identifier_type = silences.identifier_type
            and grouped.match_group = silences.match_group

)

select * from record_identifiers
