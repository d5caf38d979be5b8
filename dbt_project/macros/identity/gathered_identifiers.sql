{# Parts of int_identity__identifiers, which has the CTEs that they read. #}

{# {columns of written, record_count}: one row per record and value. Most values come once; only those that come again
   (the CTE repeated) have to be gathered by record and counted. #}
{% macro gathered_identifiers() -%}
(

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
        gathered.*,
        count(*) over (partition by identifier_type, identifier_value) as record_count
    from (
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
    ) as gathered

)
{%- endmacro %}

{# {identifier_type, identifier_value, reason} of values that the seed blocks. Only types that have patterns are held
   against them, each value once. A blocked value goes before a pattern. #}
{% macro blocked_reasons() -%}
(

    select
        identifier_type,
        identifier_value,
        coalesce(min(case when precedence = 1 then reason end), min(reason)) as reason
    from (
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
            blocked.reason
        from (
            select distinct
                identifiers.identifier_type,
                identifiers.identifier_value
            from identifiers
            inner join (select distinct identifier_type from blocked where match_kind = 'like') as types
                on identifiers.identifier_type = types.identifier_type
        ) as held_against_patterns
        inner join blocked
            on
                held_against_patterns.identifier_type = blocked.identifier_type
                and held_against_patterns.identifier_value like blocked.pattern
        where blocked.match_kind = 'like'
    ) as blocked_values
    group by identifier_type, identifier_value

)
{%- endmacro %}
