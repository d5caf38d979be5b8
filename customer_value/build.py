"""The three tables that the warehouse's Python models are: a fit, its predictions, and how it would have done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_value.backtest import deciles
from customer_value.predict import FITTED, MONEY, Customers, fit, fit_of, fit_row, money, predict

HORIZON_DAYS = 365
FULL_HISTORY, CALIBRATION = "full_history", "calibration"
CALIBRATION_COLUMNS = "calibration_"

MODEL_SCHEMA = pa.schema(
    [("fit_scope", pa.string()), ("customer_count", pa.int64()), ("repeat_customer_count", pa.int64())]
    + [(name, pa.float64()) for name in ("paid_purchase_share", "r", "alpha", "a", "b", "log_likelihood")]
    + [(name, pa.float64()) for name in ("p", "q", "v", "count_value_correlation")]
    + [(name, pa.string()) for name in ("edge_parameters", "purchases_status", "spend_status")]
)
BACKTEST_SCHEMA = pa.schema(
    [("prediction_decile", pa.int64()), ("holdout_days", pa.int64()), ("calibration_end_date", pa.date32())]
    + [("customer_count", pa.int64())]
    + [(name, pa.float64()) for name in ("predicted_orders", "actual_orders", "baseline_orders")]
    + [("predicted_net_sales_amount", MONEY), ("actual_net_sales_amount", MONEY)]
    + [(name, pa.float64()) for name in ("rank_correlation", "baseline_rank_correlation")]
)


def value_model(summary: pa.Table) -> pa.Table:
    """One row per fit: of the full history, and of what was known at the end of the calibration."""
    past = _known_then(summary)
    scopes = [(FULL_HISTORY, Customers.of(summary)), (CALIBRATION, Customers.of(past, CALIBRATION_COLUMNS))]
    rows = [fit_row(scope, fit(customers)) for scope, customers in scopes if len(customers.repeats)]
    return pa.Table.from_pylist(rows, schema=MODEL_SCHEMA)


def predicted_value(summary: pa.Table, models: Sequence[Mapping[str, Any]]) -> pa.Table:
    """One row per customer of the summary; predictions that can't be made are null, ``prediction_status`` says why."""
    customers = Customers.of(summary)
    fitted = next((fit_of(row) for row in models if row["fit_scope"] == FULL_HISTORY), None)
    numbers = pa.nulls(summary.num_rows, pa.float64())
    orders = active = again = numbers
    value = net_sales = pa.nulls(summary.num_rows, MONEY)
    if fitted is not None and fitted.purchases is not None:
        prediction = predict(customers, fitted, HORIZON_DAYS)
        orders = pa.array(prediction.expected_orders)
        active = pa.array(prediction.probability_active)
        again = pa.array(prediction.probability_purchase)
        if prediction.expected_value is not None and prediction.expected_net_sales is not None:
            value, net_sales = money(prediction.expected_value), money(prediction.expected_net_sales)
    reason = fitted.reason if fitted else "no customers"
    status = pa.DictionaryArray.from_arrays(
        np.zeros(summary.num_rows, np.int32), ["predicted" if reason == FITTED else reason]
    )
    return pa.table(
        {
            "customer_id": summary["customer_id"],
            "expected_365d_orders": orders,
            "expected_365d_amount": net_sales,
            "probability_active": active,
            "purchase_365d_probability": again,
            "expected_order_value_amount": value,
            "prediction_status": status.cast(pa.string()),
        }
    )


def value_backtest(summary: pa.Table, models: Sequence[Mapping[str, Any]]) -> pa.Table:
    """One row per decile of predicted orders in the holdout; none when the calibration could not be fitted."""
    fitted = next((fit_of(row) for row in models if row["fit_scope"] == CALIBRATION), None)
    past = _known_then(summary)
    past = past.take(pc.sort_indices(past["customer_id"]))
    if fitted is None or fitted.purchases is None or not past.num_rows:
        return BACKTEST_SCHEMA.empty_table()
    customers = Customers.of(past, CALIBRATION_COLUMNS)
    horizon = past["holdout_days"][0].as_py()
    rows = deciles(
        customers,
        predict(customers, fitted, horizon),
        horizon,
        bought=past["holdout_purchase_count"].to_numpy(),
        spent=pc.cast(past["holdout_net_sales_amount"], pa.float64()).to_numpy(),
    )
    known = {"holdout_days": horizon, "calibration_end_date": past["calibration_end_date"][0].as_py()}
    return pa.Table.from_pylist([{**row, **known} for row in rows], schema=BACKTEST_SCHEMA)


def _known_then(summary: pa.Table) -> pa.Table:
    """The customers who had bought by the end of the calibration."""
    return summary.filter(pc.is_valid(summary[f"{CALIBRATION_COLUMNS}repeat_purchase_count"]))
