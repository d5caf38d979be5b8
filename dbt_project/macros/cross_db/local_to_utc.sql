{# The UTC moment of a wall-clock time in a zone: midnight of a calendar day in New York -> 04:00 or 05:00 UTC.
   A time that the clocks skip in spring is read as the moment after the jump. #}
{% macro local_to_utc(local_time, timezone) %}
    {{- return(adapter.dispatch('local_to_utc', 'selvage')(local_time, timezone)) -}}
{% endmacro %}

{% macro default__local_to_utc(local_time, timezone) -%}
    timezone('UTC', timezone('{{ timezone }}', cast({{ local_time }} as timestamp)))
{%- endmacro %}

{% macro spark__local_to_utc(local_time, timezone) -%}
    to_utc_timestamp(cast({{ local_time }} as timestamp), '{{ timezone }}')
{%- endmacro %}
