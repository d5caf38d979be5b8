{# All providers of a shape, one under the other: columns by name, in the order and with the types of
   shape_columns(), so a provider whose columns stand in another order can't exchange two of them. A shape without
   providers is an empty table with the right columns. #}
{% macro union_shape(shape) %}
    {%- set columns = shape_columns(shape) -%}
    {%- set providers = var('providers').get(shape, []) -%}
    {%- for provider in providers %}
        
        select
        {%- for name, type in columns.items() %}
            cast({{ name }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
        from {{ ref('shp_' ~ provider ~ '__' ~ shape) }}
        {%- if not loop.last %}
        union all
        {%- endif %}
    {%- endfor %}
    {%- if not providers %}
        
        select
        {%- for name, type in columns.items() %}
            cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
        where false
    {%- endif %}
{% endmacro %}
