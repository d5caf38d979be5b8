{# Money of a document in the reporting currency, rounded to minor units here and nowhere after: sums of it are exact. #}
{% macro reported_amount(amount, exchange_rate) -%}
    cast(round(({{ amount }}) * {{ exchange_rate }}, 2) as decimal(18, 4))
{%- endmacro %}
