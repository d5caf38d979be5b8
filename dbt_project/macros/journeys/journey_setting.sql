{# One number of the seed journey_settings, as a subquery. #}
{% macro journey_setting(setting) -%}
    (select max(setting_value) from {{ ref('journey_settings') }} where setting = '{{ setting }}')
{%- endmacro %}
