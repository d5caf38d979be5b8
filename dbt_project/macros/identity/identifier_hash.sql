{# The pseudonym of an identifier: SHA-256 over the home's key, the type and the normalised value. Without the key nobody
   can try addresses against it. #}
{% macro identifier_hash(identifier_type, identifier_value) -%}
    {{ sha256_hex("'" ~ env_var('SELVAGE_HASH_KEY', 'no-key') ~ "' || " ~ identifier_type ~ " || " ~ identifier_value) }}
{%- endmacro %}
