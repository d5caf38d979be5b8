-- Catches a guard that is written down but not obeyed: an edge through a junk e-mail, an office phone or a store
-- tablet.
select
    edges.identifier_type,
    edges.record_key_from,
    edges.record_key_to
from {{ ref('int_identity__edges') }} as edges
inner join {{ ref('int_identity__refused_identifiers') }} as refused
    on
        edges.identifier_type = refused.identifier_type
        and edges.identifier_value = refused.identifier_value
