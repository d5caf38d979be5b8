-- Catches connected components that stopped too early (a chain longer than the rounds reach), or ids that fell apart
-- from them: an edge in force whose two ends are different customers.
select
    edges.record_key_from,
    edges.record_key_to
from {{ ref('int_identity__edges') }} as edges
inner join {{ ref('int_identity__record_customers') }} as near_ends on edges.record_key_from = near_ends.record_key
inner join {{ ref('int_identity__record_customers') }} as far_ends on edges.record_key_to = far_ends.record_key
left join {{ ref('int_identity__cut_edges') }} as cut
    on edges.record_number_from = cut.record_number_from and edges.record_number_to = cut.record_number_to
where near_ends.customer_id <> far_ends.customer_id and cut.record_number_from is null
