-- Each identifier once, with the vendors that showed it; the value is a keyed hash, its start tells values apart.
select
    identifier_type,
    substr(identifier_hash, 1, 12) as pseudonym,
    string_agg(distinct replace(source_system, '_', ' '), ', ' order by replace(source_system, '_', ' ') asc)
        as source_systems,
    count(distinct record_key) as record_count,
    case
        when bool_and(is_accepted) then 'joins records'
        when bool_or(is_accepted) then 'joins some records'
        else 'refused'
    end as usage,
    string_agg(distinct replace(refused_reason, '_', ' '), ', ' order by replace(refused_reason, '_', ' ') asc)
        as refused_reason,
    min(first_seen_at) as first_seen_at,
    max(last_seen_at) as last_seen_at
from bridge_customer_identifiers
where customer_id = $customer_id
group by identifier_type, identifier_hash
order by
    case identifier_type when 'email' then 1 when 'phone' then 2 else 3 end asc,
    identifier_type asc,
    last_seen_at desc nulls last,
    identifier_hash asc
