{# Where the ads of a Google campaign are shown, by its kind: search, shopping, youtube, performance_max ... #}
{% macro google_ads_publisher(channel_type) -%}
    case when {{ channel_type }} = 'VIDEO' then 'youtube' else lower({{ channel_type }}) end
{%- endmacro %}
