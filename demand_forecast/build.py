"""The two tables that the warehouse's Python models are: the forecasts with their reorder points, and the backtest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from demand_forecast import backtest as past
from demand_forecast.methods import MEAN, demand_classes, fits, forecast, reorder_points
from demand_forecast.series import Floats, Series

RATE = pa.decimal128(18, 6)
HORIZON_DAYS = 28
FORECAST_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("sku", "location_key", "demand_class", "forecast_model")]
    + [("history_days", pa.int64()), ("horizon_days", pa.int64()), ("daily_forecast", RATE), ("dispersion", RATE)]
    + [("lead_days", RATE), ("service_level", RATE), ("reorder_point_quantity", pa.int64())]
)
BACKTEST_SCHEMA = pa.schema(
    [("window_number", pa.int64()), ("is_last_window", pa.bool_()), ("training_days", pa.int64())]
    + [("demand_class", pa.string()), ("forecast_model", pa.string())]
    + [("is_chosen", pa.bool_()), ("is_baseline", pa.bool_()), ("series_count", pa.int64())]
    + [(name, RATE) for name in ("actual_quantity", "forecast_quantity", "absolute_error_quantity", "wape")]
    + [("service_level", RATE), ("served_count", pa.int64())]
)


def demand_backtest(demand: pa.Table) -> pa.Table:
    """One row per window, class of demand and method; none while there is too little history."""
    series = Series.of(demand)
    found = past.windows(series)
    if not found:
        return BACKTEST_SCHEMA.empty_table()
    rows = past.rows_of(found, series, past.chosen_methods(found))
    return pa.Table.from_pylist([_decimals(row) for row in rows], schema=BACKTEST_SCHEMA)


def demand_forecasts(demand: pa.Table, backtest: Sequence[Mapping[str, Any]]) -> pa.Table:
    """One row per SKU and location that ever sold: what it sells a day, and the units at which to order again.

    A row with too little history has the mean of its days, method ``mean``.
    """
    series = Series.of(demand)
    if not len(series):
        return FORECAST_SCHEMA.empty_table()
    classes = demand_classes(series)
    chosen = {row["demand_class"]: row["forecast_model"] for row in backtest if row["is_chosen"]}
    daily: Floats = series.total / np.maximum(series.days, 1)
    methods = np.full(len(series), MEAN, dtype=object)
    for one, method in chosen.items():
        rows = np.flatnonzero((classes == one) & fits(series))
        if len(rows):
            daily[rows] = forecast(series, rows, method, HORIZON_DAYS).mean(axis=1)
            methods[rows] = method
    points = reorder_points(series, daily, series.lead_days)
    return pa.table(
        {
            "sku": series.sku,
            "location_key": series.location_key,
            "demand_class": pa.array(classes.tolist(), pa.string()),
            "forecast_model": pa.array(methods.tolist(), pa.string()),
            "history_days": series.days,
            "horizon_days": np.full(len(series), HORIZON_DAYS),
            "daily_forecast": _rates(daily),
            "dispersion": _rates(series.dispersion),
            "lead_days": _rates(series.lead_days),
            "service_level": _rates(series.service_level),
            "reorder_point_quantity": points,
        },
        schema=FORECAST_SCHEMA,
    )


def _rates(values: Floats) -> pa.Array:
    return pa.array([_rate(value) for value in values.tolist()], RATE)


def _rate(value: float) -> Decimal:
    return Decimal(repr(round(value, 6))).quantize(Decimal("0.000001"))


def _decimals(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _rate(value) if isinstance(value, float) else value for name, value in row.items()}
