{# Values that join by name. Both macros are for int_identity__guarded_identifiers, whose CTEs the first one reads. #}

{# {record_key, identifier_type, identifier_value, only_name, refused_reason}: at a value under several names, the name
   that a record joins by, or that it can't be told; and records of no name at a value where a name is required. Whose
   these are can't be known: the next of the household may have called. #}
{% macro split_records() -%}
(

    select
        identifiers.record_key,
        identifiers.identifier_type,
        identifiers.identifier_value,
        case when split_values.identifier_type is not null then record_names.only_name end as only_name,
        case
            when split_values.identifier_type is null then 'no_name_on_shared_value'
            when record_names.only_name is null then 'name_unclear_on_shared_value'
        end as refused_reason
    from identifiers
    inner join rules
        on identifiers.identifier_type = rules.identifier_type and rules.name_rule in ('split', 'require')
    left join (
        select
            identifier_type,
            identifier_value
        from identifier_names
        group by identifier_type, identifier_value
        having count(distinct name_group) > 1
    ) as split_values
        on
            identifiers.identifier_type = split_values.identifier_type
            and identifiers.identifier_value = split_values.identifier_value
    left join (
        select
            record_key,
            identifier_type,
            identifier_value,
            case when count(distinct name_group) = 1 then min(name_group) end as only_name
        from identifier_names
        group by record_key, identifier_type, identifier_value
    ) as record_names
        on
            identifiers.record_key = record_names.record_key
            and identifiers.identifier_type = record_names.identifier_type
            and identifiers.identifier_value = record_names.identifier_value
    where
        split_values.identifier_type is not null
        or (
            rules.name_rule = 'require'
            and record_names.record_key is null
            and identifiers.blocked_reason is null
            and identifiers.record_count is distinct from 1
        )

)
{%- endmacro %}

{# What records must have in common to be joined: a value; where a household shares it, the given name too. #}
{% macro match_group(identifier_value, name_group) -%}
{{ identifier_value }} || coalesce('|' || {{ name_group }}, '')
{%- endmacro %}
