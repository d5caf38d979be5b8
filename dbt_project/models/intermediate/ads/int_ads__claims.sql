-- What the platforms say their ads brought. Never revenue: several platforms claim the same order, and orders that
-- would have come anyway.
with ad_claims as (

    {{ union_shape('ad_claims') }}

),

rates as (

    select * from {{ ref('int_ads__exchange_rates') }}

),

claims as (

    select
        {%- set renamed = ['source_system', 'currency_code', 'claimed_amount'] %}
        {%- for column in shape_columns('ad_claims') if column not in renamed %}
            ad_claims.{{ column }},
        {%- endfor %}
        ad_claims.source_system as platform,
        ad_claims.currency_code as account_currency_code,
        '{{ reporting_currency() }}' as currency_code,
        rates.exchange_rate,
        ad_claims.claimed_amount as account_claimed_amount,
        {{ reported_amount('ad_claims.claimed_amount', 'rates.exchange_rate') }} as claimed_amount
    from ad_claims
    left join rates
        on ad_claims.currency_code = rates.currency_code and ad_claims.claim_date = rates.rate_day

)

select * from claims
