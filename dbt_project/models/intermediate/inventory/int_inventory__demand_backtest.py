"""How each method of forecasting would have done, by class of demand; and what its reorder points would have served."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:  # noqa: ARG001  (dbt's signature)
    from demand_forecast.build import demand_backtest

    return demand_backtest(dbt.ref("int_inventory__daily_demand").to_arrow_table())
