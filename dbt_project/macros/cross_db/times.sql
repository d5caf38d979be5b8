{# Times are UTC timestamps without a zone; these need the engine's session zone to be UTC, which the profile sets. #}

{# The business day of a time: the date in the brand's time zone. #}
{% macro to_reporting_date(expression) -%}
    {{ return(adapter.dispatch('to_reporting_date')(expression)) }}
{%- endmacro %}

{% macro default__to_reporting_date(expression) -%}
    cast(cast({{ expression }} as timestamp) at time zone 'UTC' at time zone '{{ reporting_timezone() }}' as date)
{%- endmacro %}

{% macro spark__to_reporting_date(expression) -%}
    cast(from_utc_timestamp(cast({{ expression }} as timestamp), '{{ reporting_timezone() }}') as date)
{%- endmacro %}

{# Whole seconds since 1970-01-01 00:00 UTC, rounded down. #}
{% macro epoch_seconds(expression) -%}
    {{ return(adapter.dispatch('epoch_seconds')(expression)) }}
{%- endmacro %}

{% macro default__epoch_seconds(expression) -%}
    cast(floor(epoch(cast({{ expression }} as timestamp))) as bigint)
{%- endmacro %}

{% macro spark__epoch_seconds(expression) -%}
    unix_seconds(cast({{ expression }} as timestamp))
{%- endmacro %}

{# Day of the week as ISO counts it: Monday 1 to Sunday 7. #}
{% macro day_of_week(expression) -%}
    {{ return(adapter.dispatch('day_of_week')(expression)) }}
{%- endmacro %}

{% macro default__day_of_week(expression) -%}
    cast(isodow({{ expression }}) as bigint)
{%- endmacro %}

{% macro spark__day_of_week(expression) -%}
    cast(weekday({{ expression }}) + 1 as bigint)
{%- endmacro %}

{# A date or time as text. `pattern` knows %Y %m %d %H %M %S and plain characters between them. #}
{% macro format_date(expression, pattern) -%}
    {{ return(adapter.dispatch('format_date')(expression, pattern)) }}
{%- endmacro %}

{% macro default__format_date(expression, pattern) -%}
    strftime({{ expression }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__format_date(expression, pattern) -%}
    {%- set java = namespace(text=pattern) -%}
    {%- for written, read in [
        ("T", "\\'T\\'"), ("Z", "\\'Z\\'"), ("%Y", "yyyy"), ("%m", "MM"), ("%d", "dd"), ("%H", "HH"), ("%M", "mm"), ("%S", "ss")
    ] -%}
        {%- set java.text = java.text | replace(written, read) -%}
    {%- endfor -%}
    date_format({{ expression }}, '{{ java.text }}')
{%- endmacro %}
