{# Every node that the figures of the restatement log come from, by its unique id. #}
{% macro restatement_road() %}
    {%- set road = [
        'model.' ~ project_name ~ '.int_orders__orders', 'model.' ~ project_name ~ '.int_journeys__credits'
    ] -%}
    {%- for name in road -%}
        {%- for parent in graph.nodes[name].depends_on.nodes if parent in graph.nodes and parent not in road -%}
            {%- do road.append(parent) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(road) }}
{% endmacro %}

{# The rules that the figures go by, as SQL for one text: the rows of every seed on their way, as they lie in the
   warehouse, and the business day and money. Links made by hand are no rule: each is about one customer, whose merge or
   split tells it. #}
{% macro rules_checksum() %}
    {%- set seeds = [] -%}
    {%- if execute -%}
        {%- for name in restatement_road() | sort if graph.nodes[name].resource_type == 'seed' -%}
            {%- if not name.endswith('.manual_identity_links') -%}
                {%- do seeds.append(graph.nodes[name]) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    md5(
        '{{ reporting_timezone() }} {{ reporting_currency() }}'
        {%- for seed in seeds %}
            || coalesce((
                select {{ array_text(agg_ordered('seed_row', 'seed_row'), '|') }}
                from (
                    select distinct {{ surrogate_key(seed.config.column_types.keys() | list) }} as seed_row
                    from {{ seed.relation_name }}
                ) as seed_rows
            ), '')
        {%- endfor %}
    )
{% endmacro %}

{# The code that makes the figures, as a checksum: the models on their way, and what these call (macros and Python, all of
   it, as SELVAGE_CALLED_CODE has it: nothing says which macro reaches which figure). #}
{% macro code_checksum() %}
    {%- set checksums = [] -%}
    {%- if execute -%}
        {%- for name in restatement_road() | sort if graph.nodes[name].resource_type == 'model' -%}
            {%- do checksums.append(graph.nodes[name].checksum.checksum) -%}
        {%- endfor -%}
        {%- do checksums.append(env_var('SELVAGE_CALLED_CODE', '')) -%}
    {%- endif -%}
    {{ return(local_md5(checksums | join(' '))) }}
{% endmacro %}
