-- Catches a person's decision that is written down but not obeyed: two records held apart that share a customer, or two
-- to be taken for one that don't, unless another decision forbids it (then the edge is listed as cut).
select
    links.link_type,
    links.record_key_from,
    links.record_key_to
from {{ ref('int_identity__manual_links') }} as links
inner join {{ ref('int_identity__record_customers') }} as near_ends on links.record_key_from = near_ends.record_key
inner join {{ ref('int_identity__record_customers') }} as far_ends on links.record_key_to = far_ends.record_key
left join {{ ref('int_identity__cut_edges') }} as cut
    on
        links.record_number_from = cut.record_number_from
        and links.record_number_to = cut.record_number_to
        and cut.cut_reason = 'manual_exclude'
where
    (links.link_type = 'exclude' and near_ends.customer_id = far_ends.customer_id)
    or (
        links.link_type = 'include'
        and near_ends.customer_id <> far_ends.customer_id
        and cut.record_number_from is null
    )
