-- The consents in force that marts show beside a customer; all of them are in fct_customer_consents.
{%- set uses = {
    'email': ('email', 'marketing'),
    'sms': ('sms', 'marketing'),
    'whatsapp': ('whatsapp', 'marketing'),
    'ads': ('ads', 'advertising'),
    'analytics': ('web', 'analytics'),
} %}
with consents as (

    select * from {{ ref('int_consent__current') }}

),

customers as (

    select
        {%- for use, (channel, purpose) in uses.items() %}
            max(case when channel = '{{ channel }}' and purpose = '{{ purpose }}' then consent_status end)
                as {{ use }}_consent_status,
        {%- endfor %}
        customer_id
    from consents
    group by customer_id

)

select * from customers
