-- Catches connected components that stopped too early (a chain longer than the rounds reach), or ids that fell apart
-- from them: an edge whose two ends are different customers.
select
    edges.record_key_from,
    edges.record_key_to
from {{ ref('int_identity__edges') }} as edges
inner join {{ ref('int_identity__record_customers') }} as near_ends on edges.record_key_from = near_ends.record_key
inner join {{ ref('int_identity__record_customers') }} as far_ends on edges.record_key_to = far_ends.record_key
where near_ends.customer_id <> far_ends.customer_id
