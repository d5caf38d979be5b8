with log as (

    select * from {{ ref('int_restatements__log') }}

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
        credit_change,
        order_count,
        former_as_of,
        restated_as_of
    from log

)

select * from fct_restatements
