"""What the models of the calibration would have said about the holdout, by decile, beside a naive baseline."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:  # noqa: ARG001  (dbt's signature)
    from customer_value.build import value_backtest

    summary = dbt.ref("int_customers__purchase_summary").to_arrow_table()
    return value_backtest(summary, dbt.ref("int_customers__value_model").to_arrow_table().to_pylist())
