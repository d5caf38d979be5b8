-- Catches: cost or claims that a model of fct_ad_performance lost, doubled or put on another day or platform, as when
-- campaigns are joined by a spelling that two of them share, or the rows of one model are missing.
with facts as (

    select
        platform,
        spend_date as performance_date,
        spend_amount,
        0 as claimed_amount
    from {{ ref('fct_ad_spend') }}
    union all
    select
        platform,
        claim_date as performance_date,
        0 as spend_amount,
        claimed_amount
    from {{ ref('fct_ad_claims') }}
    where claim_type = 'purchase' and attribution_window = 'default'

),

attribution_models as (

    {{ attribution_model_names() }}

),

told as (

    select
        attribution_models.attribution_model,
        facts.platform,
        facts.performance_date,
        sum(facts.spend_amount) as spend_amount,
        sum(facts.claimed_amount) as claimed_amount
    from facts
    cross join attribution_models
    group by attribution_models.attribution_model, facts.platform, facts.performance_date

),

kept as (

    select
        attribution_model,
        platform,
        performance_date,
        sum(spend_amount) as spend_amount,
        sum(claimed_amount) as claimed_amount
    from {{ ref('fct_ad_performance') }}
    group by attribution_model, platform, performance_date

)

select
    coalesce(told.attribution_model, kept.attribution_model) as attribution_model,
    coalesce(told.platform, kept.platform) as platform,
    coalesce(told.performance_date, kept.performance_date) as performance_date,
    told.spend_amount as told_spend,
    kept.spend_amount as kept_spend,
    told.claimed_amount as told_claims,
    kept.claimed_amount as kept_claims
from told
full outer join kept
    on
        told.attribution_model = kept.attribution_model
        and told.platform = kept.platform
        and told.performance_date = kept.performance_date
where
    coalesce(told.spend_amount, 0) <> coalesce(kept.spend_amount, 0)
    or coalesce(told.claimed_amount, 0) <> coalesce(kept.claimed_amount, 0)
