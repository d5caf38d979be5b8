{# Text out of JSON text. `path` as in JSONPath without the leading $: 'discount.code', 'codes[0]'. #}
{% macro json_text(column, path) -%}
    {{ return(adapter.dispatch('json_text')(column, path)) }}
{%- endmacro %}

{% macro default__json_text(column, path) -%}
    json_extract_string({{ column }}, '$.{{ path }}')
{%- endmacro %}

{% macro spark__json_text(column, path) -%}
    get_json_object({{ column }}, '$.{{ path }}')
{%- endmacro %}

{# An array of text from a JSON list. `path` none: the column itself is the list. Null stays null. #}
{% macro json_text_array(column, path=none) -%}
    {{ return(adapter.dispatch('json_text_array')(column, path)) }}
{%- endmacro %}

{% macro default__json_text_array(column, path) -%}
    cast(json_extract({{ column }}, '${{ '.' ~ path if path else '' }}') as varchar[])
{%- endmacro %}

{% macro spark__json_text_array(column, path) -%}
    from_json(get_json_object({{ column }}, '${{ '.' ~ path if path else '' }}'), 'array<string>')
{%- endmacro %}
