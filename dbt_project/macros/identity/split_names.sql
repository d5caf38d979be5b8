{# Values that several names share and that join by name. Both macros read CTEs of int_identity__guarded_identifiers. #}

{# {identifier_type, identifier_value} under more than one name. #}
{% macro split_values() -%}
(

    select
        identifier_names.identifier_type,
        identifier_names.identifier_value
    from identifier_names
    inner join rules on identifier_names.identifier_type = rules.identifier_type and rules.name_rule = 'split'
    group by identifier_names.identifier_type, identifier_names.identifier_value
    having count(distinct identifier_names.name_group) > 1

)
{%- endmacro %}

{# {record_key, identifier_type, identifier_value, name_count, only_name}: the names of each record at such a value. #}
{% macro split_records() -%}
(

    select
        identifier_names.record_key,
        identifier_names.identifier_type,
        identifier_names.identifier_value,
        count(distinct identifier_names.name_group) as name_count,
        min(identifier_names.name_group) as only_name
    from identifier_names
    inner join split_values
        on
            identifier_names.identifier_type = split_values.identifier_type
            and identifier_names.identifier_value = split_values.identifier_value
    group by identifier_names.record_key, identifier_names.identifier_type, identifier_names.identifier_value

)
{%- endmacro %}

{# What records must have in common to be joined: a value; where a household shares it, the given name too. #}
{% macro match_group(identifier_value, name_group) -%}
{{ identifier_value }} || coalesce('|' || {{ name_group }}, '')
{%- endmacro %}
