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

{# The rows that version_rank puts first, for wide and long relations of which hardly any key repeats: events. Only the
   keys that do are ranked. Put behind the name of a common table expression. #}
{% macro first_versions(relation, key, order_by) -%}
{%- set repeated -%}
    (select {{ key }} from {{ relation }} group by {{ key }} having count(*) > 1) as repeated
    on {{ relation }}.{{ key }} = repeated.{{ key }}
{%- endset -%}
(

    select {{ relation }}.*
    from {{ relation }}
    left join {{ repeated }}
    where repeated.{{ key }} is null
    union all
    select {{ relation }}.*
    from {{ relation }}
    inner join {{ repeated }}
    qualify {{ version_rank(relation ~ '.' ~ key, order_by) }} = 1

)
{%- endmacro %}
