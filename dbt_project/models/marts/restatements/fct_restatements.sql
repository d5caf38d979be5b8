-- depends_on: {{ ref('int_restatements__figures') }}
-- A build that failed after its log was written is compared again by the next: what the last one says holds.
with log as (

    select *
    from {{ ref('int_restatements__log') }}
    qualify restatement_number = max(restatement_number) over (partition by former_restatement_number)

),

fct_restatements as (

    select
        restatement_key,
        restatement_number,
        metric,
        attribution_model,
        is_additive,
        channel,
        metric_date,
        cause,
        currency_code,
        change_amount,
        change_credit,
        order_count,
        former_as_of,
        restated_as_of
    from log

)

select * from fct_restatements
