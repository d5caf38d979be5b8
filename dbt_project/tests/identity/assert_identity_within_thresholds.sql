-- Catches an over-merge (a tablet, a junk e-mail or a loosened rule that makes one customer of many people) and its
-- opposite, before anything is published. One row per card beyond its threshold; a card of severity error stops the
-- build, one of severity warn only warns.
{{ config(
    severity='error',
    fail_calc="coalesce(sum(case when severity = 'error' then 1000 else 1 end), 0)",
    warn_if='> 0',
    error_if='>= 1000'
) }}
select
    card,
    severity,
    value,
    threshold,
    affected_count,
    example_customer_id,
    next_step
from {{ ref('fct_identity_quality') }}
where not is_within_threshold
