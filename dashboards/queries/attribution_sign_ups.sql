-- First agreements to marketing that each marketing channel is credited with; a model's rows add up to all of them.
select
    channel,
    sum(credit) as sign_up_count
from fct_attribution
where
    attribution_model = $attribution_model
    and conversion_type = 'sign_up'
    and converted_date between $first_date and $last_date
group by channel
order by sign_up_count desc, channel asc
