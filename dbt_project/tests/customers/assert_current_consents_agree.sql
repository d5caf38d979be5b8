-- Catches a history of consent that ends elsewhere than the consent by which audiences are made, two statements in
-- force at once, and one that ends before it begins.
with current_rows as (

    select
        customer_id,
        channel,
        purpose,
        consent_status,
        evidence_id,
        count(*) over (partition by customer_id, channel, purpose) as row_count
    from {{ ref('fct_customer_consents') }}
    where is_current

),

in_force as (

    select consents.*
    from {{ ref('int_consent__current') }} as consents
    inner join {{ ref('dim_customers') }} as customers on consents.customer_id = customers.customer_id

)

select
    coalesce(current_rows.customer_id, in_force.customer_id) as customer_id,
    coalesce(current_rows.channel, in_force.channel) as channel,
    coalesce(current_rows.purpose, in_force.purpose) as purpose
from current_rows
full outer join in_force
    on
        current_rows.customer_id = in_force.customer_id
        and current_rows.channel = in_force.channel
        and current_rows.purpose = in_force.purpose
where
    current_rows.consent_status is distinct from in_force.consent_status
    or current_rows.evidence_id is distinct from in_force.evidence_id
    or current_rows.row_count > 1

union all

select
    customer_id,
    channel,
    purpose
from {{ ref('fct_customer_consents') }}
where valid_from >= valid_to
