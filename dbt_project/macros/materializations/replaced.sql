{# table and view for DuckDB: the former relation is dropped and the new one made in one transaction, which DuckDB takes
   back whole when the query fails. The adapter's own way (build beside, rename twice, drop) serves readers of a live
   database; nobody reads the file while it is built, and on hundreds of small models it is a fifth of a build's work. #}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {#- A Python model's rows come over another connection, which must not wait for ours: they are written beside, then
        take the former's place. -#}
    {%- set beside = make_intermediate_relation(target_relation) if model['language'] == 'python' -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- if beside -%}
        {%- call statement('leftover', auto_begin=False) -%} drop table if exists {{ beside }} {%- endcall -%}
    {%- else -%}
        {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- endif -%}
    {%- set former = drop_former(target_relation) -%}
    {%- call statement('main', language=model['language']) -%}
        {{ former if not beside }}
        {{- create_table_as(False, beside or target_relation, compiled_code, model['language']) }}
    {%- endcall -%}
    {%- if beside -%}
        {{ run_hooks(pre_hooks, inside_transaction=True) }}
        {%- call statement('replace') -%}
            {{ former }} alter table {{ beside }} rename to {{ adapter.quote(target_relation.identifier) }}
        {%- endcall -%}
    {%- endif -%}
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

{# The statement that drops what had the name, if anything had. #}
{% macro drop_former(target_relation) -%}
    {%- set former = load_cached_relation(target_relation) -%}
    {%- if former is not none -%}
        {%- if former.type != target_relation.type -%}
            {%- do adapter.cache_dropped(former) -%}
        {%- endif -%}
        drop {{ former.type }} if exists {{ former }};
    {%- endif -%}
{%- endmacro %}

{% macro finished(target_relation) -%}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
{%- endmacro %}
