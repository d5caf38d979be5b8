{# Of the candidates, those who may be reached for what the audience's YAML says (config.meta.activation.destinations: a
   channel and a purpose per destination), each with the consent it stands on: one row per customer and use, which is a
   channel and a purpose that one of the destinations needs. The only way into an audience; a test fails for one without:

       select * from {{ eligible_members('candidates') }}

   A member has (1) a ground in force for the purpose and channel (grounds_of_use below), (2) no suppression for either
   or for all, (3) a contact point the channel needs: an e-mail for email and push (a tool knows by it whose
   phone it is), a phone for sms and whatsapp, a user at the
   help desk for support, a customer at the shop for shop, an e-mail or a phone for anything else. Adds consent_channel
   and consent_purpose (the use), consent_evidence_id, consent_policy_version, and consent_as_of: the moment for which
   all this was looked up. #}
{% macro eligible_members(candidates) -%}
    (
    {%- for use in uses_of_model() %}
        select
            members.*,
            '{{ use.channel }}' as consent_channel,
            '{{ use.purpose }}' as consent_purpose,
            grounds.evidence_id as consent_evidence_id,
            grounds.policy_version as consent_policy_version,
            moments.as_of as consent_as_of
        from {{ candidates }} as members
        inner join {{ grounds_of_use(use) }} as grounds on members.customer_id = grounds.customer_id
        inner join {{ ref('act_contact_points') }} as contacts
            on members.customer_id = contacts.customer_id
        {%- if use.channel in ('email', 'push') %}
            and contacts.email is not null
        {%- elif use.channel in ('sms', 'whatsapp') %}
            and contacts.phone is not null
        {%- elif use.channel == 'support' %}
            and contacts.zendesk_ids is not null
        {%- elif use.channel == 'shop' %}
            and contacts.shopify_ids is not null
        {%- endif %}
        cross join {{ ref('int_as_of') }} as moments
        where not exists (
            select 1
            from {{ ref('act_suppressions') }} as suppressions
            where suppressions.customer_id = members.customer_id
                and suppressions.channel in ('{{ use.channel }}', 'all')
                and suppressions.purpose in ('{{ use.purpose }}', 'all')
        )
        {%- if not loop.last %}
        union all
        {%- endif %}
    {%- endfor %}
    ) as eligible
{%- endmacro %}

{# One row per customer who may be reached for a use, with the evidence: what they agreed to, or, for a purpose that
   rests on the contract and not on consent (vars: purposes_of_contract), an order of theirs. A test order, or one that
   was cancelled, is no contract. #}
{% macro grounds_of_use(use) -%}
    {%- if not execute -%}
        {%- do ref('int_orders__orders') -%}
        {%- do ref('int_identity__record_customers') -%}
    {%- endif -%}
    (
    {%- if use.purpose in var('purposes_of_contract') %}
        select
            owners.customer_id,
            'order:' || min(orders.order_key) as evidence_id,
            cast(null as string) as policy_version
        from {{ ref('int_orders__orders') }} as orders
        inner join {{ ref('int_identity__record_customers') }} as owners on orders.record_key = owners.record_key
        where not orders.is_test and not orders.is_cancelled
        group by owners.customer_id
    {%- else %}
        select customer_id, evidence_id, policy_version
        from {{ ref('int_consent__current') }}
        where channel = '{{ use.channel }}' and purpose = '{{ use.purpose }}' and consent_status = 'granted'
    {%- endif %}
    )
{%- endmacro %}

{# The different {channel, purpose} of the audience's destinations, in the order of the YAML. #}
{% macro uses_of_model() %}
    {%- set uses = [] -%}
    {%- for use in activation_of_model().destinations.values() if use not in uses -%}
        {%- do uses.append(use) -%}
    {%- endfor -%}
    {{ return(uses) }}
{% endmacro %}

{# config.meta.activation of the model being compiled, or config.meta.conversions of the feed of events (act_conversions).
   While dbt only parses, the YAML is not joined yet: one nameless use makes every ref be seen. In a unit test it is not
   known either: override this macro there. #}
{% macro activation_of_model() %}
    {%- if not execute -%}
        {{ return({'destinations': {'none': {'channel': 'none', 'purpose': 'none'}}}) }}
    {%- endif -%}
    {%- set activation = model.config.meta.get('activation') or model.config.meta.get('conversions') or {} -%}
    {%- set destinations = activation.get('destinations') -%}
    {%- if destinations is not mapping or not destinations -%}
        {{ exceptions.raise_compiler_error(
            'Audience ' ~ model.name ~ ' needs config.meta.activation.destinations in _audiences.yml, such as'
            ~ ' {klaviyo: {channel: email, purpose: marketing}}'
        ) }}
    {%- endif -%}
    {%- for name, use in destinations.items() -%}
        {%- for key in ['channel', 'purpose'] if use is not mapping or not use.get(key) -%}
            {{ exceptions.raise_compiler_error(
                'Audience ' ~ model.name ~ ' goes to ' ~ name ~ ' without a ' ~ key ~ ' in _audiences.yml'
            ) }}
        {%- endfor -%}
    {%- endfor -%}
    {%- do check_turns(activation) -%}
    {{ return(activation) }}
{% endmacro %}
