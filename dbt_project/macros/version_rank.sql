{# 1 for the row of a key that staging keeps, where raw holds several versions of it (loads that append, as on Spark).
   `order_by` names the columns that decide, newest first unless a direction is given; the load, whose ids grow, is
   the last word: one load brings a key once. #}
{% macro version_rank(key, order_by) -%}
    row_number() over (
        partition by {{ key }}
        order by
    {%- for column in order_by %}
        {{ column }}{{ ' desc' if ' ' not in column }} nulls last,
    {%- endfor %}
            _dlt_load_id {{ 'asc' if order_by and ' asc' in order_by[0] else 'desc' }} nulls last
    )
{%- endmacro %}
