-- Catches a rule typed wrong: percents outside 0 to 100 would promise what is not there, negative units anything.
select rule_id
from {{ ref('channel_allocation_rules') }}
where percent not between 0 and 100 or floor_quantity < 0 or cap_quantity < 0 or channel is null
union all
select rule_id
from {{ ref('safety_stock_rules') }}
where safety_stock_quantity < 0
union all
select channel as rule_id
from {{ ref('advertising_stock_rules') }}
where back_in_stock_quantity < 1
