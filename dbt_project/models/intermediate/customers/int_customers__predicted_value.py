"""What each person is expected to order and spend in the next 365 days, by the models of the full history."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:  # noqa: ARG001  (dbt's signature)
    from customer_value.build import predicted_value

    summary = dbt.ref("int_customers__purchase_summary").to_arrow_table()
    return predicted_value(summary, dbt.ref("int_customers__value_model").to_arrow_table().to_pylist())
