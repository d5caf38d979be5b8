"""BG/NBD and Gamma-Gamma fitted to the purchase summary: of the full history, and of the calibration alone."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:  # noqa: ARG001  (dbt's signature)
    from customer_value.build import value_model

    return value_model(dbt.ref("int_customers__purchase_summary").to_arrow_table())
