{# Whether a rule of a seed fits an item at a location: each of the four cells that is not empty must be equal. `places`
   has sku, location_key, product_type and location_type. #}
{% macro stock_rule_fits(rules, places) -%}
    {%- for column in ['sku', 'location_key', 'product_type', 'location_type'] %}
    ({{ rules }}.{{ column }} is null or {{ rules }}.{{ column }} = {{ places }}.{{ column }}){{ ' and' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# How narrow a rule is: a SKU before a location, a location before a product type, that before a location type. #}
{% macro stock_rule_narrowness(rules) -%}
    {%- for column, weight in {'sku': 8, 'location_key': 4, 'product_type': 2, 'location_type': 1}.items() %}
    case when {{ rules }}.{{ column }} is null then 0 else {{ weight }} end{{ ' +' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
