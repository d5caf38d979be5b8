-- Where a record's identifier is not taken as it stands: refused, shared by several names, or seen again after a long
-- silence. Few are; all others join as they are, so this table stays small.
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

split_records as {{ split_records() }},

judged as (

    select
        identifiers.record_key,
        identifiers.identifier_type,
        identifiers.identifier_value,
        rules.is_edge,
        rules.window_days,
        split_records.only_name as name_group,
        case
            when refused.refused_reason is not null then refused.refused_reason
            when shared_devices.record_key is not null and not rules.is_login then 'shared_device'
            when overfull.record_key is not null then 'too_many_values_on_record'
            else split_records.refused_reason
        end as refused_reason,
        identifiers.record_count,
        identifiers.first_seen_at,
        identifiers.last_seen_at
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
    left join split_records
        on
            identifiers.record_key = split_records.record_key
            and identifiers.identifier_type = split_records.identifier_type
            and identifiers.identifier_value = split_records.identifier_value

),

grouped as (

    select
        *,
        refused_reason is null as is_accepted,
        case when refused_reason is null then {{ match_group('identifier_value', 'name_group') }} end as match_group
    from judged
    where
        refused_reason is not null
        or name_group is not null
        or (window_days is not null and record_count is distinct from 1)

),

-- The few groups that were silent for longer than their window.
silences as (

    {{ identifier_silences() }}

),

guarded as (

    select
        grouped.record_key,
        grouped.identifier_type,
        grouped.identifier_value,
        grouped.refused_reason,
        grouped.name_group,
        silences.silence_number
    from grouped
    left join silences
        on
            grouped.record_key = silences.record_key
            and grouped.identifier_type = silences.identifier_type
            and grouped.match_group = silences.match_group
    where
        grouped.refused_reason is not null
        or grouped.name_group is not null
        or silences.silence_number is not null

)

select * from guarded
