-- Catches ad money in a currency that no rate turns into the reporting currency: it would be missing from every ROAS.
-- Each row names the rate that raw_exchange_rates.rates lacks: its source must be set, or begin earlier.
with money as (

    select
        account_currency_code,
        currency_code,
        spend_date as money_date
    from {{ ref('fct_ad_spend') }}
    where exchange_rate is null
    union all
    select
        account_currency_code,
        currency_code,
        claim_date as money_date
    from {{ ref('fct_ad_claims') }}
    where exchange_rate is null

)

select
    account_currency_code,
    currency_code as reporting_currency,
    min(money_date) as needed_from,
    count(*) as row_count
from money
group by account_currency_code, currency_code
