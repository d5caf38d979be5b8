{# Net sales as a band: what leaves the warehouse says about how much, and not to the cent. #}
{% macro sales_band(amount) -%}
    case
        when {{ amount }} < 250 then 'below 250'
        when {{ amount }} < 500 then '250 to 499'
        when {{ amount }} < 1000 then '500 to 999'
        else '1000 and more'
    end
{%- endmacro %}
