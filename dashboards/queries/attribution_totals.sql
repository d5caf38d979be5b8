select
    sum(attributed_revenue) as attributed_revenue,
    sum(credit) as order_count,
    sum(case when channel = 'unattributed' then attributed_revenue else 0 end) as unattributed_revenue,
    sum(case when channel = 'direct' then attributed_revenue else 0 end) as direct_revenue
from fct_attribution
where
    attribution_model = $attribution_model
    and conversion_type <> 'sign_up'
    and converted_date between $first_date and $last_date
