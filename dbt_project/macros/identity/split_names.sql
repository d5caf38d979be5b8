{# Values that several names share and that join by name. The macros read CTEs of int_identity__guarded_identifiers. #}

{# {identifier_type, identifier_value} under more than one name. #}
{% macro split_values() -%}
(

    select
        identifier_names.identifier_type,
        identifier_names.identifier_value
    from identifier_names
    inner join rules on identifier_names.identifier_type = rules.identifier_type and rules.name_rule in ('split', 'require')
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

{# {record_key, identifier_type, identifier_value}: records that speak for no name, at a value of several records that
   joins by name alone. Whose they are can't be told: the next of the household may have called. #}
{% macro nameless_records() -%}
(

    select
        identifiers.record_key,
        identifiers.identifier_type,
        identifiers.identifier_value
    from identifiers
    inner join rules on identifiers.identifier_type = rules.identifier_type and rules.name_rule = 'require'
    left join identifier_names
        on
            identifiers.record_key = identifier_names.record_key
            and identifiers.identifier_type = identifier_names.identifier_type
            and identifiers.identifier_value = identifier_names.identifier_value
    where
        identifiers.blocked_reason is null
        and identifiers.record_count is distinct from 1
        and identifier_names.record_key is null

)
{%- endmacro %}

{# What records must have in common to be joined: a value; where a household shares it, the given name too. #}
{% macro match_group(identifier_value, name_group) -%}
{{ identifier_value }} || coalesce('|' || {{ name_group }}, '')
{%- endmacro %}
