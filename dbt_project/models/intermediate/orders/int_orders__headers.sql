-- Orders of all vendors as they said them, with what every money column needs: the business day, and the rate into the
-- reporting currency: 1 where they are the same, else the vendor's own, else the newest known up to that day.
-- No rate stays null, and the order is listed (int_orders__issues).
with orders as (

    {{ union_shape('orders') }}

),

rates as (

    {{ union_shape('exchange_rates') }}

),

dated as (

    select
        *,
        {{ to_reporting_date('coalesce(processed_at, created_at)') }} as order_date
    from orders

),

days as (

    select distinct
        currency_code,
        order_date
    from dated
    where currency_code <> '{{ reporting_currency() }}'

),

day_rates as (

    select
        days.currency_code,
        days.order_date,
        rates.rate,
        rates.rate_date,
        rates.source_system as rate_source
    from days
    inner join rates
        on
            days.currency_code = rates.currency_code
            and days.order_date >= rates.rate_date
    qualify row_number() over (
        partition by days.currency_code, days.order_date
        order by rates.rate_date desc nulls last, rates.source_system asc nulls last
    ) = 1

),

headers as (

    select
        {%- for column in shape_columns('orders') if column not in ('currency_code', 'exchange_rate') %}
            dated.{{ column }},
        {%- endfor %}
        dated.currency_code as order_currency_code,
        '{{ reporting_currency() }}' as currency_code,
        cast(
            case
                when dated.currency_code = '{{ reporting_currency() }}' then 1
                else coalesce(dated.exchange_rate, day_rates.rate)
            end as decimal(18, 6)
        ) as exchange_rate,
        case
            when dated.currency_code = '{{ reporting_currency() }}' or dated.exchange_rate is not null
                then dated.order_date
            else day_rates.rate_date
        end as exchange_rate_date,
        case
            when dated.currency_code = '{{ reporting_currency() }}' then 'same_currency'
            when dated.exchange_rate is not null then dated.source_system
            else day_rates.rate_source
        end as exchange_rate_source,
        dated.order_date
    from dated
    left join day_rates
        on
            dated.currency_code = day_rates.currency_code
            and dated.order_date = day_rates.order_date

)

select * from headers
