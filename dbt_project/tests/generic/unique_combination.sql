{# Fails for each combination of columns that more than one row has, or that has a null: a key of several columns. #}
{% test unique_combination(model, columns) %}
    
select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
