{# What a platform merged itself, as sightings of one thing: the records that went into another, and that one, which need
   not be there any more. Reads the CTE records of int_identity__edges. #}
{% macro platform_merges() -%}
    select
        record_key,
        record_number,
        'merged_by_' || source_system as match_rule,
        merged_into_record_id as match_group,
        cast(null as string) as identifier_type,
        cast(null as string) as identifier_value,
        1 as match_rank,
        source_system,
        updated_at as first_seen_at
    from records
    where merged_into_record_id is not null

    union all

    select
        records.record_key,
        records.record_number,
        'merged_by_' || records.source_system as match_rule,
        records.source_record_id as match_group,
        cast(null as string) as identifier_type,
        cast(null as string) as identifier_value,
        1 as match_rank,
        records.source_system,
        records.created_at as first_seen_at
    from records
    inner join (
        select distinct
            source_system,
            merged_into_record_id
        from records
        where merged_into_record_id is not null
    ) as merged
        on records.source_system = merged.source_system and records.source_record_id = merged.merged_into_record_id
    where records.merged_into_record_id is distinct from records.source_record_id
{%- endmacro %}
