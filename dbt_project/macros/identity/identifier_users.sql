{# {identifier_type, identifier_value, login_count, email_count}: who used what an identifier of a limited type stands
   for - the log-ins and the e-mails of its records. Reads the CTEs identifiers and rules. #}
{% macro identifier_users() -%}
    select
        seen.identifier_type,
        seen.identifier_value,
        count(distinct case when user_rules.is_login then users.identifier_type || ':' || users.identifier_value end)
            as login_count,
        count(distinct case when users.identifier_type = 'email' then users.identifier_value end) as email_count
    from identifiers as seen
    inner join rules
        on
            seen.identifier_type = rules.identifier_type
            and (rules.max_customer_ids is not null or rules.max_emails is not null)
    inner join identifiers as users on seen.record_key = users.record_key and users.blocked_reason is null
    inner join rules as user_rules
        on
            users.identifier_type = user_rules.identifier_type
            and (user_rules.is_login or user_rules.identifier_type = 'email')
    group by seen.identifier_type, seen.identifier_value
{%- endmacro %}
