{# SHA-256 of text, 64 lower-case hex digits. Null stays null. #}
{% macro sha256_hex(expression) -%}
    {{ return(adapter.dispatch('sha256_hex')(expression)) }}
{%- endmacro %}

{% macro default__sha256_hex(expression) -%}
    sha256({{ expression }})
{%- endmacro %}

{% macro spark__sha256_hex(expression) -%}
    sha2({{ expression }}, 256)
{%- endmacro %}

{# Every match is replaced (DuckDB's own default is the first only). Write patterns without backslashes ([0-9], [.]):
   Spark reads a backslash in a literal as an escape, DuckDB does not. #}
{% macro regexp_replace_all(expression, pattern, replacement) -%}
    {{ return(adapter.dispatch('regexp_replace_all')(expression, pattern, replacement)) }}
{%- endmacro %}

{% macro default__regexp_replace_all(expression, pattern, replacement) -%}
    regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro spark__regexp_replace_all(expression, pattern, replacement) -%}
    regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}')
{%- endmacro %}

{# Percent-decoding of a form value: + is a space; text that can't be decoded stays as it is, and is no error. #}
{% macro url_decoded(expression) -%}
    {{ return(adapter.dispatch('url_decoded')(expression)) }}
{%- endmacro %}

{% macro default__url_decoded(expression) -%}
    url_decode(replace({{ expression }}, '+', ' '))
{%- endmacro %}

{% macro spark__url_decoded(expression) -%}
    coalesce(try_url_decode({{ expression }}), replace({{ expression }}, '+', ' '))
{%- endmacro %}

{# Whether two texts are one, but for two neighbouring letters that stand in the other order. Spark, which counts no
   exchanges, takes any two letters for it. #}
{% macro letters_exchanged(left, right) -%}
    {{ return(adapter.dispatch('letters_exchanged')(left, right)) }}
{%- endmacro %}

{% macro default__letters_exchanged(left, right) -%}
    (length({{ left }}) = length({{ right }}) and levenshtein({{ left }}, {{ right }}) = 2
        and damerau_levenshtein({{ left }}, {{ right }}) = 1)
{%- endmacro %}

{% macro spark__letters_exchanged(left, right) -%}
    (length({{ left }}) = length({{ right }}) and levenshtein({{ left }}, {{ right }}) = 2
        and array_sort(split({{ left }}, '')) = array_sort(split({{ right }}, '')))
{%- endmacro %}
