"""What each SKU sells a day at each location, by the method that did best in the backtest, and when to order again."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:  # noqa: ARG001  (dbt's signature)
    from demand_forecast.build import demand_forecasts

    backtest = dbt.ref("int_inventory__demand_backtest").to_arrow_table().to_pylist()
    demand = dbt.ref("int_inventory__daily_demand").to_arrow_table()
    return demand_forecasts(demand, backtest)
