-- Catches a rule that is written down but not obeyed: an edge through a type that identity_rules does not trust to join
-- (a card, which couples share), or through a type without a rule.
select
    edges.identifier_type,
    edges.record_key_from,
    edges.record_key_to
from {{ ref('int_identity__edges') }} as edges
left join {{ ref('int_identity__rules') }} as rules on edges.identifier_type = rules.identifier_type
where edges.identifier_type is not null and not coalesce(rules.is_edge, false)
