{# Money of a document in the reporting currency, rounded to minor units here and nowhere after: sums of it are exact.
   Most is in that currency already, and a product with a rate is dear: its digits do not fit into 64 bits. #}
{% macro reported_amount(amount, exchange_rate) -%}
    cast(
        case
            when {{ exchange_rate }} = 1 then round({{ amount }}, 2)
            else round(({{ amount }}) * {{ exchange_rate }}, 2)
        end as decimal(18, 4)
    )
{%- endmacro %}

{# What a line was sold for without its tax, where the model joins `orders`: prices may contain the tax. #}
{% macro without_tax(amount, tax_amount) -%}
    {{ amount }} - case when orders.is_tax_included then coalesce({{ tax_amount }}, 0) else 0 end
{%- endmacro %}

{# 0 where nothing was told; but money that no rate turns into the reporting currency stays unknown, never 0. #}
{% macro amount_or_zero(amount, exchange_rate) -%}
    case when {{ exchange_rate }} is not null then coalesce({{ amount }}, cast(0 as decimal(18, 4))) end
{%- endmacro %}
