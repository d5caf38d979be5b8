{# Schemas are called as the folders say (staging, marts ...), without the target's name before them: published copies
   and dashboards name them. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
