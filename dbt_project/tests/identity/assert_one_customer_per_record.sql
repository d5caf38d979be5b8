-- Catches a join that multiplies records, or a record the map forgot: either would count a person's orders twice or
-- not at all.
select
    records.record_key,
    count(record_customers.customer_id) as customer_count
from {{ ref('int_identity__records') }} as records
left join {{ ref('int_identity__record_customers') }} as record_customers
    on records.record_key = record_customers.record_key
group by records.record_key
having count(record_customers.customer_id) <> 1
