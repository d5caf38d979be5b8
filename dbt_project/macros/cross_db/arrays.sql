{# An array of `expression` in the order of `order_by`, smallest first, nulls last. `order_by` must be unique in the
   group, or two builds may differ. #}
{% macro agg_ordered(expression, order_by) -%}
    {{ return(adapter.dispatch('agg_ordered')(expression, order_by)) }}
{%- endmacro %}

{% macro default__agg_ordered(expression, order_by) -%}
    array_agg({{ expression }} order by {{ order_by }} asc nulls last)
{%- endmacro %}

{% macro spark__agg_ordered(expression, order_by) -%}
    transform(
        array_sort(array_agg(struct(
            {{ order_by }} is null as is_last, {{ order_by }} as ordered_by, {{ expression }} as ordered_value
        ))),
        ordered_pair -> ordered_pair.ordered_value
    )
{%- endmacro %}

{# One row per element of an array; stands after a `from`. Rows whose array is empty or null vanish. #}
{% macro unnest_lateral(array, alias, column) -%}
    {{ return(adapter.dispatch('unnest_lateral')(array, alias, column)) }}
{%- endmacro %}

{% macro default__unnest_lateral(array, alias, column) -%}
    cross join unnest({{ array }}) as {{ alias }}({{ column }})
{%- endmacro %}

{% macro spark__unnest_lateral(array, alias, column) -%}
    cross join lateral explode({{ array }}) as {{ alias }}({{ column }})
{%- endmacro %}

{# The last value before or at this row that is not null. `over` is the window's inside, frame included:
   'partition by a order by b nulls last, c nulls last rows between unbounded preceding and current row'. #}
{% macro last_value_ignore_nulls(expression, over) -%}
    {{ return(adapter.dispatch('last_value_ignore_nulls')(expression, over)) }}
{%- endmacro %}

{% macro default__last_value_ignore_nulls(expression, over) -%}
    last_value({{ expression }} ignore nulls) over ({{ over }})
{%- endmacro %}

{% macro spark__last_value_ignore_nulls(expression, over) -%}
    last_value({{ expression }}) ignore nulls over ({{ over }})
{%- endmacro %}
