-- What each marketing channel is credited with under each model; a model's rows add up to all net sales.
select
    attribution_model,
    channel,
    sum(attributed_revenue) as attributed_revenue,
    sum(credit) as order_count
from fct_attribution
where conversion_type <> 'sign_up' and converted_date between $first_date and $last_date
group by attribution_model, channel
order by attribution_model asc, attributed_revenue desc, channel asc
