{# Text in Unicode's composed form (NFC), so that an e with its accent as a sign of its own equals the accented letter.
   Spark has no such function; its session gets one (warehouse/dbt_functions.py). #}
{% macro nfc(text) %}{{ return(adapter.dispatch('nfc', 'selvage')(text)) }}{% endmacro %}

{% macro default__nfc(text) %}nfc_normalize({{ text }}){% endmacro %}

{% macro spark__nfc(text) %}nfc_normalize({{ text }}){% endmacro %}
