{# Fails for each row of an audience whose customer has no consent in force, with the evidence the row names, for the channel
   and purpose it names; for each whose customer is suppressed for them; and for what is told twice (a customer, or the
   feed's own key) - whatever the audience's SQL did. Stands under every audience in _audiences.yml and under the feed of
   conversions. A destination gets only rows of the channel and purpose that its entry there says. #}
{% test only_eligible_members(model, key='customer_id') %}
select
    members.customer_id,
    'no consent in force' as breach
from {{ model }} as members
left join {{ ref('int_consent__current') }} as consents
    on
        members.customer_id = consents.customer_id
        and members.consent_evidence_id = consents.evidence_id
        and members.consent_channel = consents.channel
        and members.consent_purpose = consents.purpose
        and consents.consent_status = 'granted'
where consents.customer_id is null or members.consent_as_of is null

union all

select
    members.customer_id,
    suppressions.suppression_reason as breach
from {{ model }} as members
inner join {{ ref('act_suppressions') }} as suppressions
    on
        members.customer_id = suppressions.customer_id
        and suppressions.channel in (members.consent_channel, 'all')
        and suppressions.purpose in (members.consent_purpose, 'all')

union all

select
    {{ key }} as customer_id,
    'told twice' as breach
from {{ model }}
group by {{ key }}, consent_channel, consent_purpose
having count(*) > 1
{% endtest %}
