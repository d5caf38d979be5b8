{# {identifier_type, identifier_value}: what something can be said against - a value of several records, or one record's
   under several names or log-ins. Reads CTEs of int_identity__refused_identifiers. #}
{% macro suspect_values() -%}
(

    select
        identifier_type,
        identifier_value
    from identifiers
    where blocked_reason is not null or record_count is distinct from 1

    union

    select
        identifier_type,
        identifier_value
    from named
    where given_name_count > 1

    union

    select
        identifier_type,
        identifier_value
    from users
    where login_count > 1 or email_count > 1

)
{%- endmacro %}
