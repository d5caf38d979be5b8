{# Fails for each member of an audience who has no consent in force, with the evidence the row names, for the audience's
   purpose and channel, and for each who is suppressed - whatever the audience's SQL did. Stands under every audience in
   _audiences.yml; purpose and channel come from its config.meta.activation. #}
{% test only_eligible_members(model) %}
    {%- set found = namespace(activation={}) -%}
{%- if execute -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == model.identifier -%}
        {%- set found.activation = node.config.meta.activation -%}
    {%- endfor -%}
{%- endif %}
select
    members.customer_id,
    'no consent in force' as breach
from {{ model }} as members
left join {{ ref('int_consent__current') }} as consents
    on
        members.customer_id = consents.customer_id
        and members.consent_evidence_id = consents.evidence_id
        and consents.channel = '{{ found.activation.channel }}'
        and consents.purpose = '{{ found.activation.purpose }}'
        and consents.consent_status = 'granted'
where consents.customer_id is null

union all

select
    members.customer_id,
    suppressions.suppression_reason as breach
from {{ model }} as members
inner join {{ ref('act_suppressions') }} as suppressions
    on
        members.customer_id = suppressions.customer_id
        and suppressions.channel in ('{{ found.activation.channel }}', 'all')
        and suppressions.purpose in ('{{ found.activation.purpose }}', 'all')
{% endtest %}
