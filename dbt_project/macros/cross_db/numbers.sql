{# A quotient; null where the divisor is 0 (DuckDB would say infinity, Spark stop). Money: cast the result, as DuckDB
   divides decimals as doubles. #}
{% macro safe_divide(numerator, denominator) -%}
    ({{ numerator }}) / nullif({{ denominator }}, 0)
{%- endmacro %}

{# A key of several columns: MD5 over their texts, separated and with a word for null, since concat with null differs
   between engines and 'a' || 'bc' must not meet 'ab' || 'c'. #}
{% macro surrogate_key(columns) -%}
    md5(
    {%- for column in columns %}
        coalesce(cast({{ column }} as {{ dbt.type_string() }}), '<null>'){{ " || '|' ||" if not loop.last }}
    {%- endfor %}
    )
{%- endmacro %}
