{# Of the candidates, those who may be reached for what the audience's YAML says (config.meta.activation: purpose,
   channel), each with the consent it stands on. The only way into an audience; a test fails for one without it:

       select * from {{ eligible_members('candidates') }}

   A member has (1) consent in force for the purpose and channel, (2) no suppression for either or for all, (3) a contact
   point the channel needs: an e-mail for email, a phone for sms and whatsapp, either for anything else. Adds
   consent_evidence_id, consent_policy_version, and consent_as_of: the moment for which all this was looked up. #}
{% macro eligible_members(candidates) -%}
    {%- set activation = activation_of_model() -%}
    {%- set channel = activation.channel -%}
    {%- set purpose = activation.purpose -%}
    (
        select
            members.*,
            consents.evidence_id as consent_evidence_id,
            consents.policy_version as consent_policy_version,
            moments.as_of as consent_as_of
        from {{ candidates }} as members
        inner join {{ ref('int_consent__current') }} as consents
            on members.customer_id = consents.customer_id
            and consents.channel = '{{ channel }}'
            and consents.purpose = '{{ purpose }}'
            and consents.consent_status = 'granted'
        inner join {{ ref('act_contact_points') }} as contacts
            on members.customer_id = contacts.customer_id
    {%- if channel == 'email' %}
            and contacts.email is not null
            {%- elif channel in ('sms', 'whatsapp') %}
            and contacts.phone is not null
    {%- endif %}
        cross join {{ ref('int_as_of') }} as moments
        where not exists (
            select 1
            from {{ ref('act_suppressions') }} as suppressions
            where suppressions.customer_id = members.customer_id
                and suppressions.channel in ('{{ channel }}', 'all')
                and suppressions.purpose in ('{{ purpose }}', 'all')
        )
    ) as eligible
{%- endmacro %}

{# config.meta.activation of the model being compiled. While dbt only parses, the YAML is not joined yet: nothing is
   known then, and nothing is needed. In a unit test it is not known either: override this macro there. #}
{% macro activation_of_model() %}
    {%- if not execute -%}
        {{ return({}) }}
    {%- endif -%}
    {%- set activation = model.config.meta.get('activation') -%}
    {%- for key in ['purpose', 'channel'] if not activation or not activation.get(key) -%}
        {{ exceptions.raise_compiler_error(
            "Audience " ~ model.name ~ " has no config.meta.activation." ~ key ~ " in _audiences.yml"
        ) }}
    {%- endfor -%}
    {{ return(activation) }}
{% endmacro %}
