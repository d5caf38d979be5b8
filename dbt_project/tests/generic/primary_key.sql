{# Fails for each value of the column that more than one row has, and for null: unique and not_null in one query. #}
{% test primary_key(model, column_name) %}
select
    {{ column_name }},
    count(*) as row_count
from {{ model }}
group by {{ column_name }}
having count(*) > 1 or {{ column_name }} is null
{% endtest %}
