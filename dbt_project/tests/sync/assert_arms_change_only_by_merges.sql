-- Catches an arm that was given twice and differently, which makes a lift of nothing: an id with two arms in the
-- history, or a customer counted in both arms of an audience though no merge or split is known to have mixed them.
select
    audience,
    customer_id
from {{ ref('stg_ledger__arm_assignments') }}
group by audience, customer_id
having min(arm) <> max(arm)

union all

select
    audience,
    current_customer_id as customer_id
from {{ ref('fct_holdout_arms') }}
where not is_contaminated and current_customer_id is not null
group by audience, current_customer_id
having min(arm) <> max(arm)
