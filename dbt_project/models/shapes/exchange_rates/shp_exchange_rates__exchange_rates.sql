-- The one place where rates come from. A day without a row, such as a weekend, has the rate of the last day before it:
-- who converts takes the newest rate up to its day. A currency without a rate has no row, and its money stays its own.
-- The quotient is one of whole numbers (millionths), rounded half up, so that no engine has to divide as doubles.
with rates as (

    select * from {{ ref('stg_exchange_rates__rates') }}

),

millionths as (

    select
        rate_date,
        currency_code,
        cast(rate * 1000000 as bigint) as rate_millionths
    from rates
    where rate > 0

    union all

    select distinct
        rate_date,
        base_currency_code as currency_code,
        cast(1000000 as bigint) as rate_millionths
    from rates

),

paired as (

    select
        documents.rate_date,
        documents.currency_code,
        2 * documents.rate_millionths as divisor,
        2 * reporting.rate_millionths * 1000000 + documents.rate_millionths as dividend
    from millionths as documents
    inner join millionths as reporting on documents.rate_date = reporting.rate_date
    where
        reporting.currency_code = '{{ reporting_currency() }}'
        and documents.currency_code <> '{{ reporting_currency() }}'

),

converted as (

    select
        'exchange_rates' as source_system,
        currency_code,
        rate_date,
        cast(
            cast(cast((dividend - dividend % divisor) / divisor as bigint) as decimal(18, 0))
            * cast(0.000001 as decimal(7, 6)) as decimal(18, 6)
        ) as rate
    from paired

)

select * from converted
