-- Catches a map of who was whom when that does not arrive at today: a record for which the newest knowledge of the
-- present is missing, is there twice, or names another customer than the one in force.
select
    record_customers.record_key,
    count(intervals.customer_id) as statement_count
from {{ ref('int_identity__record_customers') }} as record_customers
left join {{ ref('int_identity__customer_map_intervals') }} as intervals
    on
        record_customers.record_key = intervals.record_key
        and intervals.known_to_assignment is null
        and intervals.valid_to is null
group by record_customers.record_key
having count(intervals.customer_id) <> 1 or min(intervals.customer_id) <> min(record_customers.customer_id)
