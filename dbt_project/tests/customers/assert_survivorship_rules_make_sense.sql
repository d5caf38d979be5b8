-- Catches a rule that contradicts another or that nothing would ever ask: a word nobody knows, two rules in one place,
-- one rule in two places, a gap between places, a vendor ranked twice or beside a rule that asks for none. Gives the
-- rows.
with rules as (

    select * from {{ ref('survivorship_rules') }}

),

places as (

    select
        attribute,
        rule_rank,
        count(distinct rule) as rule_count,
        row_number() over (partition by attribute order by rule_rank asc nulls first) as place
    from rules
    group by attribute, rule_rank

),

repeated as (

    select
        attribute,
        rule,
        source_system
    from rules
    group by attribute, rule, source_system
    having count(*) > 1

),

moved as (

    select
        attribute,
        rule
    from rules
    group by attribute, rule
    having count(distinct rule_rank) > 1

)

select
    rules.attribute,
    rules.rule_rank,
    rules.rule,
    rules.source_system
from rules
left join places
    on
        rules.attribute = places.attribute
        and rules.rule_rank = places.rule_rank
left join repeated
    on
        rules.attribute = repeated.attribute
        and rules.rule = repeated.rule
        and rules.source_system is not distinct from repeated.source_system
left join moved
    on
        rules.attribute = moved.attribute
        and rules.rule = moved.rule
where
    coalesce(rules.attribute, '') not in ('name', 'address', 'birth_date', 'email', 'phone', 'language')
    or coalesce(rules.rule, '')
    not in ('most_complete', 'verified_first', 'most_frequent', 'most_recent', 'source_rank')
    or coalesce(places.rule_count, 0) <> 1
    or places.place <> rules.rule_rank
    or rules.rule_rank > {{ survivorship_places() | max }}
    or repeated.rule is not null
    or moved.rule is not null
    or (rules.rule = 'source_rank') <> (rules.source_system is not null)
    or (rules.rule = 'source_rank') <> (rules.source_rank is not null)
