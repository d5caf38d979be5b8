-- Catches: two overlapping action types of a platform that are both counted, so that a purchase is claimed twice.
select
    source_system,
    claim_type,
    count(*) as counted_types
from {{ ref('ad_action_types') }}
where is_counted
group by source_system, claim_type
having count(*) > 1
