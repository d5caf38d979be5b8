-- Catches money in a currency that no rate turns into the reporting currency: such orders would vanish from every sum.
-- Each row names the rate to add to seeds/orders/exchange_rates.csv.
with headers as (

    select * from {{ ref('int_orders__headers') }}

)

select
    order_currency_code,
    currency_code as reporting_currency,
    min(order_date) as needed_from,
    count(*) as order_count
from headers
where exchange_rate is null
group by order_currency_code, currency_code
