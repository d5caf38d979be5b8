{# What the brand decides. A var wins over the environment, which selvage.settings() fills from the brand's file.
   (dbt does not render env_var() inside `vars`, hence these.) #}
{% macro reporting_timezone() %}
    {{ return(var('reporting_timezone', none) or env_var('SELVAGE_REPORTING_TIMEZONE', 'America/New_York')) }}
{% endmacro %}

{% macro reporting_currency() %}
    {{ return(var('reporting_currency', none) or env_var('SELVAGE_REPORTING_CURRENCY', 'USD')) }}
{% endmacro %}

{% macro default_country() %}
    {{ return(var('default_country', none) or env_var('SELVAGE_DEFAULT_COUNTRY', 'US')) }}
{% endmacro %}

{# A group of connected records larger than this is no person: it is held together by its strongest edges alone, and
   listed (int_identity__conflicts). A buyer who checks out as a guest each week for ten years has about 500 records. #}
{% macro max_records_per_customer() %}
    {{ return(var('max_records_per_customer', 500)) }}
{% endmacro %}
