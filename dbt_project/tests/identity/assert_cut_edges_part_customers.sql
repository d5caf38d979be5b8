-- Catches an edge that is listed as cut while its two ends are one customer all the same: the list would explain a
-- separation that did not happen.
select
    cut_edges.record_key_from,
    cut_edges.record_key_to
from {{ ref('int_identity__cut_edges') }} as cut_edges
inner join {{ ref('int_identity__record_customers') }} as near_ends on cut_edges.record_key_from = near_ends.record_key
inner join {{ ref('int_identity__record_customers') }} as far_ends on cut_edges.record_key_to = far_ends.record_key
where near_ends.customer_id = far_ends.customer_id
