{# Functions that no engine has. On DuckDB the plugin warehouse.dbt_functions makes them; on Spark they are functions of
   the session under the same names, made from the same Python. #}

{# A phone number in E.164 as dialled in a country (ISO 3166-1 alpha-2, upper case); null if it is no valid number. #}
{% macro phone_e164(value, country_code) -%}
    {{ return(adapter.dispatch('phone_e164', 'selvage')(value, country_code)) }}
{%- endmacro %}

{% macro default__phone_e164(value, country_code) -%}
    phone_e164({{ value }}, {{ country_code }})
{%- endmacro %}

{% macro spark__phone_e164(value, country_code) -%}
    phone_e164({{ value }}, {{ country_code }})
{%- endmacro %}

{# An array of '<record>|<part>' from arrays of edges and marks; warehouse/parting.py says what they are made of. #}
{% macro parted(edges, marks) -%}
    {{ return(adapter.dispatch('parted', 'selvage')(edges, marks)) }}
{%- endmacro %}

{% macro default__parted(edges, marks) -%}
    parted({{ edges }}, {{ marks }})
{%- endmacro %}

{% macro spark__parted(edges, marks) -%}
    parted({{ edges }}, {{ marks }})
{%- endmacro %}

{# Stops the query with a message when a row is reached; stands in a branch of a case. #}
{% macro raise_error(message) -%}
    {{ return(adapter.dispatch('raise_error', 'selvage')(message)) }}
{%- endmacro %}

{% macro default__raise_error(message) -%}
    error({{ message }})
{%- endmacro %}

{% macro spark__raise_error(message) -%}
    raise_error({{ message }})
{%- endmacro %}
