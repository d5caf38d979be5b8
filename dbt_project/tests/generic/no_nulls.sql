{# Fails for each of the columns that is null somewhere: not_null of many columns in one query. #}
{% test no_nulls(model, columns) %}
    
with counted as (

    select
    {%- for column in columns %}
        count(case when {{ column }} is null then 1 end) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}

),

nulls as (
{%- for column in columns %}
    select '{{ column }}' as column_name, {{ column }} as null_count from counted{{ ' union all' if not loop.last }}
    {%- endfor %}
)

select * from nulls
where null_count > 0
{% endtest %}
