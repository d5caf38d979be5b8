{# Runs before every build: what the sources' YAML declares exists afterwards, empty where nothing was landed. So a
   brand without a vendor, a vendor that has not landed yet and a column that was never filled all build; the marts
   are then empty of it instead of broken. Landed tables are only ever widened, never changed. Files read in place
   (external_location, or meta.external) are left alone. #}
{% macro ensure_sources() %}
{%- if execute -%}
{%- set schemas = [] -%}
{%- for source in graph.sources.values() if is_landed_table(source) -%}
{%- if source.schema not in schemas -%}
{%- do schemas.append(source.schema) -%}
{%- do run_query('create schema if not exists ' ~ source.schema) -%}
{%- endif -%}
{%- endfor -%}
{%- set landed = landed_columns(schemas) -%}
{%- for source in graph.sources.values() if is_landed_table(source) -%}
{%- do ensure_source(source, landed.get(source.schema ~ '.' ~ source.identifier, [])) -%}
{%- endfor -%}
{%- endif -%}
{% endmacro %}

{% macro is_landed_table(source) %}
{%- set settings = source.config.get('meta') or source.meta or {} -%}
    {{ return(not source.external and 'external' not in settings and 'external_location' not in settings
        and source.columns | length > 0) }}
{% endmacro %}

{% macro ensure_source(source, landed) %}
{%- set table = source.schema ~ '.' ~ adapter.quote(source.identifier) -%}
{%- if not landed -%}
{%- set columns = [] -%}
{%- for column in source.columns.values() -%}
{%- do columns.append(adapter.quote(column.name) ~ ' ' ~ column.data_type) -%}
{%- endfor -%}
{#- dlt puts the load's id on every row, and can't add a column that must be filled to a table that is there. -#}
{%- if '_dlt_load_id' not in source.columns -%}
            {%- do columns.append(adapter.quote('_dlt_load_id') ~ ' ' ~ dbt.type_string()) -%}
        {%- endif -%}
        {%- do run_query('create table ' ~ table ~ ' (' ~ columns | join(', ') ~ ')') -%}
    {%- else -%}
{%- for column in source.columns.values() if column.name | lower not in landed -%}
            {%- do run_query('alter table ' ~ table ~ ' add column ' ~ adapter.quote(column.name) ~ ' '
                ~ column.data_type) -%}
{%- endfor -%}
{%- endif -%}
{% endmacro %}
