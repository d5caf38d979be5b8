{# A UTM value as it is compared: lower-case, with blanks, plus signs, hyphens and underscores squeezed to one blank, so
   that `Paid-Social`, `paid_social` and `paid+social` are one spelling. Null for nothing but such characters. #}
{% macro normalised_utm(value) -%}
    nullif(trim({{ regexp_replace_all('lower(' ~ value ~ ')', '[-_+ ]+', ' ') }}), '')
{%- endmacro %}

{# The same as a word for grouping: spring_sale. #}
{% macro campaign_word(value) -%}
    replace({{ normalised_utm(value) }}, ' ', '_')
{%- endmacro %}
