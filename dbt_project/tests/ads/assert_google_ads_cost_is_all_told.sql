-- Catches cost that neither ads nor asset groups tell of, as of a kind of campaign that has neither: the account's own
-- total is more than theirs. It warns, since the account may have been charged between the two readings of a young day.
{{ config(severity='warn') }}
with told as (

    select
        account_id,
        metrics_date,
        sum(spend_amount) as spend_amount
    from {{ ref('stg_google_ads__metrics') }}
    group by account_id, metrics_date

),

whole as (

    select * from {{ ref('stg_google_ads__account_metrics') }}

)

select
    whole.account_id,
    whole.metrics_date,
    whole.spend_amount as account_amount,
    told.spend_amount as told_amount
from whole
left join told on whole.account_id = told.account_id and whole.metrics_date = told.metrics_date
where abs(whole.spend_amount - coalesce(told.spend_amount, 0)) >= 0.01
