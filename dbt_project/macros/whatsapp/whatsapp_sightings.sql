{# Who is meant: WhatsApp's own id of the user or, where only the number was told, its keyed hash; keys are published. #}
{% macro whatsapp_contact_id(user_id, digits) -%}
    coalesce({{ user_id }}, {{ identifier_hash("'phone'", digits) }})
{%- endmacro %}

{# {contact_id, phone_digits, whatsapp_user_id, profile_name, occurred_at}: whoever a status, message or preference of
   WhatsApp's names. The contact is WhatsApp's own id of the user; where only a number was told (before April 2026, and
   of messages that failed), it is a hash of the number. #}
{% macro whatsapp_sightings() -%}
(

    {%- for told in ['statuses', 'messages', 'preferences'] %}
    select
        contact_id,
        phone_digits,
        whatsapp_user_id,
        nullif(trim(profile_name), '') as profile_name,
        occurred_at
    from {{ ref('stg_whatsapp__' ~ told) }}
    where contact_id is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)
{%- endmacro %}

{# WhatsApp's digits as an international number. It drops the mobile 9 of older Brazilian numbers and keeps a 1 after
   Mexico's code that is dialled no more. #}
{% macro whatsapp_phone(digits) -%}
    case
        when {{ digits }} like '521%' and length({{ digits }}) = 13 then '+52' || substr({{ digits }}, 4)
        when {{ digits }} like '55%' and length({{ digits }}) = 12 and substr({{ digits }}, 5, 1) in ('6', '7', '8', '9')
            then '+' || substr({{ digits }}, 1, 4) || '9' || substr({{ digits }}, 5)
        else '+' || {{ digits }}
    end
{%- endmacro %}
