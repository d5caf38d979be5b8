with backtest as (

    select * from {{ ref('int_inventory__demand_backtest') }}

),

fct_demand_backtest as (

    select
        {{ surrogate_key(['window_number', 'demand_class', 'forecast_model']) }} as demand_backtest_key,
        window_number,
        is_last_window,
        training_days,
        demand_class,
        forecast_model,
        is_chosen,
        is_baseline,
        series_count,
        actual_quantity,
        forecast_quantity,
        absolute_error_quantity,
        wape,
        service_level,
        served_count
    from backtest

)

select * from fct_demand_backtest
