{# The columns of an event that say where a visitor came from, as one key: int_journeys__traffic_sources has it. #}
{% macro traffic_source_key() -%}
    {{ surrogate_key(['click_id_type', 'utm_source', 'utm_medium', 'referrer_host', 'page_host']) }}
{%- endmacro %}
