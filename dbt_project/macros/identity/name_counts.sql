{# {columns, name_count, only_name}: the name groups behind an identifier, as a sub-query. Reads the CTE identifier_names. #}
{% macro name_counts(columns) -%}
    (
        select
            {{ columns | join(', ') }},
            count(distinct name_group) as name_count,
            min(name_group) as only_name
        from identifier_names
        group by {{ columns | join(', ') }}
    )
{%- endmacro %}
