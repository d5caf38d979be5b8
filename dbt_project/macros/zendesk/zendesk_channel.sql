{# Zendesk's channels in our words: email, web (forms), chat, phone, sms, social, other (the API, rules, follow-ups). #}
{% macro zendesk_channel(channel) -%}
    case
        when {{ channel }} = 'email' then 'email'
        when {{ channel }} in ('web', 'web_widget', 'mobile', 'mobile_sdk', 'help_center') then 'web'
        when {{ channel }} in ('chat', 'native_messaging', 'messaging', 'whatsapp') then 'chat'
        when {{ channel }} in ('voice', 'phone') then 'phone'
        when {{ channel }} = 'sms' then 'sms'
        when {{ channel }} in ('facebook', 'twitter', 'instagram_dm', 'any_channel') then 'social'
        else 'other'
    end
{%- endmacro %}
