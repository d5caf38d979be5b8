-- The rate for each currency and day on which an ad cost or claimed money: the newest up to that day, 1 for the
-- reporting currency itself. No rate is no row, and a test names it.
with days as (

    select
        currency_code,
        spend_date as rate_day
    from (
        {{ union_shape('ad_spend') }}
    ) as ad_spend
    union
    select
        currency_code,
        claim_date as rate_day
    from (
        {{ union_shape('ad_claims') }}
    ) as ad_claims

),

rates as (

    {{ union_shape('exchange_rates') }}

),

foreign_rates as (

    select
        days.currency_code,
        days.rate_day,
        rates.rate as exchange_rate
    from days
    inner join rates
        on
            days.currency_code = rates.currency_code
            and days.rate_day >= rates.rate_date
    where days.currency_code <> '{{ reporting_currency() }}'
    qualify row_number() over (
        partition by days.currency_code, days.rate_day
        order by rates.rate_date desc nulls last, rates.source_system asc nulls last
    ) = 1

),

day_rates as (

    select
        currency_code,
        rate_day,
        cast(1 as decimal(18, 6)) as exchange_rate
    from days
    where currency_code = '{{ reporting_currency() }}'
    union all
    select
        currency_code,
        rate_day,
        cast(exchange_rate as decimal(18, 6)) as exchange_rate
    from foreign_rates

)

select * from day_rates
