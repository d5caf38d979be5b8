-- Catches: ad money lost or doubled between a platform's documents and fct_ad_spend, in the account's own currency and
-- day by day, as when a join to campaigns multiplies rows or a day without a rate drops out.
with told as (

    select
        source_system as platform,
        account_id,
        currency_code,
        spend_date,
        sum(spend_amount) as spend_amount
    from (
        {{ union_shape('ad_spend') }}
    ) as ad_spend
    group by source_system, account_id, currency_code, spend_date

),

kept as (

    select
        platform,
        account_id,
        account_currency_code as currency_code,
        spend_date,
        sum(account_spend_amount) as spend_amount
    from {{ ref('fct_ad_spend') }}
    group by platform, account_id, account_currency_code, spend_date

)

select
    told.platform as told_platform,
    kept.platform as kept_platform,
    coalesce(told.spend_date, kept.spend_date) as spend_date,
    told.spend_amount as told_amount,
    kept.spend_amount as kept_amount
from told
full outer join kept
    on
        told.platform = kept.platform
        and told.account_id = kept.account_id
        and told.currency_code = kept.currency_code
        and told.spend_date = kept.spend_date
where told.spend_amount is distinct from kept.spend_amount
