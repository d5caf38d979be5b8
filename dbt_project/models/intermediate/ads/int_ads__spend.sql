-- What the platforms charged, in the account's currency and in the reporting one. A day is the account's: it can't be
-- cut at another zone's midnight, so it stands for the reporting day of the same date.
with ad_spend as (

    {{ union_shape('ad_spend') }}

),

rates as (

    select * from {{ ref('int_ads__exchange_rates') }}

),

spend as (

    select
        {%- set renamed = ['source_system', 'currency_code', 'spend_amount'] %}
        {%- for column in shape_columns('ad_spend') if column not in renamed %}
            ad_spend.{{ column }},
        {%- endfor %}
        ad_spend.source_system as platform,
        ad_spend.currency_code as account_currency_code,
        '{{ reporting_currency() }}' as currency_code,
        rates.exchange_rate,
        ad_spend.spend_amount as account_spend_amount,
        {{ reported_amount('ad_spend.spend_amount', 'rates.exchange_rate') }} as spend_amount
    from ad_spend
    left join rates
        on ad_spend.currency_code = rates.currency_code and ad_spend.spend_date = rates.rate_day

)

select * from spend
