-- How well the models of customer value would have foretold the last third of the history from the first two, beside a
-- baseline that needs no model. Where the baseline does better, it says so.
{%- set model_error = 'abs(predicted_orders - actual_orders)' %}
{%- set baseline_error = 'abs(baseline_orders - actual_orders)' %}
with backtest as (

    select * from {{ ref('int_customers__value_backtest') }}

),

models as (

    select * from {{ ref('int_customers__value_model') }}
    where fit_scope = 'calibration'

),

fct_customer_value_backtest as (

    select
        backtest.prediction_decile,
        '{{ reporting_currency() }}' as currency_code,
        case
            when {{ model_error }} < {{ baseline_error }} then 'model'
            when {{ model_error }} > {{ baseline_error }} then 'baseline'
            else 'tie'
        end as closer_predictor,
        case
            when backtest.rank_correlation > backtest.baseline_rank_correlation then 'model'
            when backtest.rank_correlation < backtest.baseline_rank_correlation then 'baseline'
            else 'tie'
        end as better_ranking,
        models.spend_status,
        backtest.customer_count,
        backtest.holdout_days,
        cast(backtest.predicted_orders as decimal(18, 6)) as predicted_order_rate,
        cast(backtest.actual_orders as decimal(18, 6)) as actual_order_rate,
        cast(backtest.baseline_orders as decimal(18, 6)) as baseline_order_rate,
        cast({{ safe_divide('predicted_orders - actual_orders', 'actual_orders') }} as decimal(18, 6))
            as order_error_rate,
        cast({{ safe_divide('baseline_orders - actual_orders', 'actual_orders') }} as decimal(18, 6))
            as baseline_order_error_rate,
        backtest.predicted_net_sales_amount,
        backtest.actual_net_sales_amount,
        cast(backtest.rank_correlation as decimal(18, 6)) as rank_correlation,
        cast(backtest.baseline_rank_correlation as decimal(18, 6)) as baseline_rank_correlation,
        cast(models.count_value_correlation as decimal(18, 6)) as count_value_correlation,
        backtest.calibration_end_date
    from backtest
    cross join models

)

select * from fct_customer_value_backtest
