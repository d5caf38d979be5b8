{# Fails for each row of an audience whose customer has no consent in force, with the evidence the row names, for the channel
   and purpose it names (a purpose of the contract: no order of theirs that the row names); for each whose customer is
   suppressed for them; and for what is told twice (a customer, or the feed's own key) - whatever the audience's SQL did.
   Stands under every audience in _audiences.yml and under the feed of conversions. A destination gets only rows of the
   channel and purpose that its entry there says. #}
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
where
    members.consent_as_of is null
    or (consents.customer_id is null and members.consent_purpose not in ('{{ var('purposes_of_contract') | join("', '") }}'))

union all

select
    members.customer_id,
    'no order of theirs' as breach
from {{ model }} as members
where
    members.consent_purpose in ('{{ var('purposes_of_contract') | join("', '") }}')
    and not exists (
        select 1
        from {{ ref('int_orders__orders') }} as orders
        inner join {{ ref('int_identity__record_customers') }} as owners on orders.record_key = owners.record_key
        where
            members.consent_evidence_id = 'order:' || orders.order_key
            and members.customer_id = owners.customer_id
    )

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
