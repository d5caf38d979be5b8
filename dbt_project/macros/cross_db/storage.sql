{# Config of an incremental model by whole days, for `config(**incremental_config('event_date'))`: both engines replace
   the days that the run selects. On Spark the partition column must stand last in the select. #}
{% macro incremental_config(day_column) %}
    {{ return(adapter.dispatch('incremental_config')(day_column)) }}
{% endmacro %}

{% macro default__incremental_config(day_column) %}
    {{ return({
        'materialized': 'incremental',
        'incremental_strategy': 'delete+insert',
        'unique_key': day_column,
        'on_schema_change': 'fail',
    }) }}
{% endmacro %}

{% macro spark__incremental_config(day_column) %}
    {{ return({
        'materialized': 'incremental',
        'incremental_strategy': 'insert_overwrite',
        'partition_by': day_column,
        'file_format': 'parquet',
        'on_schema_change': 'fail',
    }) }}
{% endmacro %}

{# A folder of Parquet files as something to select from. #}
{% macro source_location(path) -%}
    {{ return(adapter.dispatch('source_location')(path)) }}
{%- endmacro %}

{% macro default__source_location(path) -%}
    read_parquet('{{ path }}/*.parquet', union_by_name = true)
{%- endmacro %}

{% macro spark__source_location(path) -%}
    parquet.`{{ path }}`
{%- endmacro %}

{# {'schema.table': [column, ...]}, all lower-case, of the tables that exist in these schemas. #}
{% macro landed_columns(schemas) %}
    {{ return(adapter.dispatch('landed_columns')(schemas)) }}
{% endmacro %}

{% macro default__landed_columns(schemas) %}
    {%- set found = {} -%}
    {%- if schemas -%}
        {%- set rows = run_query(
            "select lower(table_schema || '.' || table_name), lower(column_name) from information_schema.columns"
            ~ " where table_catalog = current_database() and table_schema in ('" ~ schemas | join("', '") ~ "')"
        ) -%}
        {%- for row in rows.rows -%}
            {%- do found.setdefault(row[0], []).append(row[1]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}

{% macro spark__landed_columns(schemas) %}
    {%- set found = {} -%}
    {%- for schema in schemas -%}
        {%- for table in run_query('show tables in ' ~ schema).rows -%}
            {%- set columns = run_query('show columns in ' ~ schema ~ '.' ~ table[1]) -%}
            {%- do found.update({(schema ~ '.' ~ table[1]) | lower: columns.columns[0].values() | map('lower') | list}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}
