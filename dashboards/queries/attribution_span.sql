select
    min(converted_date) as first_date,
    max(converted_date) as last_date,
    min(currency_code) as currency_code
from fct_attribution
where conversion_type <> 'sign_up'
