{# Two columns of a select list: each element of an array in a row of its own, and its position from 1 on. Rows whose array
   is empty or null vanish. #}
{% macro unnested_with_position(array, element, position) -%}
    {{ return(adapter.dispatch('unnested_with_position')(array, element, position)) }}
{%- endmacro %}

{% macro default__unnested_with_position(array, element, position) -%}
    unnest({{ array }}) as {{ element }},
    unnest(range(1, len({{ array }}) + 1)) as {{ position }}
{%- endmacro %}

{% macro spark__unnested_with_position(array, element, position) -%}
    inline(transform({{ array }}, (each, place) -> struct(each, place + 1))) as ({{ element }}, {{ position }})
{%- endmacro %}

{# The elements of an array of text as one text. A null element is left out. #}
{% macro array_text(array, separator) -%}
    {{ return(adapter.dispatch('array_text')(array, separator)) }}
{%- endmacro %}

{% macro default__array_text(array, separator) -%}
    array_to_string({{ array }}, '{{ separator }}')
{%- endmacro %}

{% macro spark__array_text(array, separator) -%}
    array_join({{ array }}, '{{ separator }}')
{%- endmacro %}
