{# Parts of a URL by regular expressions both engines read alike; no part gives null. #}

{# One parameter of the query, decoded once. The name is matched without regard to case. #}
{% macro url_param(url, name) -%}
    {{ url_decoded("nullif(regexp_extract(" ~ url ~ ", '(?i)[?&]" ~ name ~ "=([^&#]*)', 1), '')") }}
{%- endmacro %}

{# The host, lower-case, without user, port and a leading 'www.'. #}
{% macro url_host(url) -%}
    nullif(regexp_extract(lower({{ url }}), '^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?(?:www[.])?([^/?#:]+)', 1), '')
{%- endmacro %}

{# The path, with its leading slash; '/' for a URL that has none. #}
{% macro url_path(url) -%}
    case
        when regexp_extract({{ url }}, '^[A-Za-z][A-Za-z0-9+.-]*://([^/?#]+)', 1) <> ''
            then coalesce(nullif(regexp_extract({{ url }}, '^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]+(/[^?#]*)', 1), ''), '/')
    end
{%- endmacro %}
