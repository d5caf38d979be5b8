select
    touchpoint_id,
    touch_type,
    channel,
    source,
    campaign,
    landing_page_path,
    touched_at
from fct_touchpoints
where customer_id = $customer_id
order by touched_at desc nulls last, touchpoint_id asc
