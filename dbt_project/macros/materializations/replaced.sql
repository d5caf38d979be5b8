{# table and view for DuckDB: the former relation is dropped and the new one made in one transaction, which DuckDB takes
   back whole when the query fails. The adapter's own way (build beside, rename twice, drop) serves readers of a live
   database; nobody reads the file while it is built, and on hundreds of small models it is a fifth of a build's work. #}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set former = drop_former(target_relation) -%}
    {%- call statement('main', language=model['language']) -%}
        {{ former if model['language'] == 'sql' }}
        {{- create_table_as(False, target_relation, compiled_code, model['language']) }}
    {%- endcall -%}
    {% do create_indexes(target_relation) %}
    {{ finished(target_relation) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set former = drop_former(target_relation) -%}
    {%- call statement('main') -%}
        {{ former }}
        {{- get_create_view_as_sql(target_relation, sql) }}
    {%- endcall -%}
    {{ finished(target_relation) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# The statement that drops what had the name: part of the model's own, or before a Python model in the same transaction. #}
{% macro drop_former(target_relation) -%}
    {%- set former = load_cached_relation(target_relation) -%}
    {%- if former is not none -%}
        {%- if former.type != target_relation.type -%}
            {%- do adapter.cache_dropped(former) -%}
        {%- endif -%}
        {%- if model['language'] == 'python' -%}
            {%- call statement('former') -%} drop {{ former.type }} if exists {{ former }} {%- endcall -%}
        {%- else -%}
            drop {{ former.type }} if exists {{ former }};
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro finished(target_relation) -%}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
{%- endmacro %}
