"""How each method would have done: fitted to what was known at each of four moments, held against the days after.

Errors are of a row's sum over the window, as stock is ordered for a span and not for a day: WAPE = sum of
|forecast - actual| over sum of actual. A class's method is the one with the lowest WAPE in the windows before the last;
the last one shows what that choice is worth on days it was not chosen by.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from demand_forecast.methods import CANDIDATES, SEASONAL_NAIVE, demand_classes, forecast, reorder_points
from demand_forecast.series import Floats, Ints, Series, Words

WINDOWS, WINDOW_DAYS = 4, 14


@dataclass
class Window:
    """One moment: the classes of the rows then, what each method said of the days after, and what came."""

    number: int
    until: int
    known: Series
    classes: Words
    said: dict[tuple[str, str], tuple[Ints, Floats]]
    """(class, method) -> rows and units over the window."""
    came: Floats


def windows(series: Series) -> list[Window]:
    """The windows that there is history for, the latest last."""
    days = series.units.shape[1]
    found = []
    for number in range(1, WINDOWS + 1):
        until = days - (WINDOWS - number + 1) * WINDOW_DAYS
        if until <= 0:
            continue
        known = series.until(until)
        classes = demand_classes(known)
        said = {}
        for one, methods in CANDIDATES.items():
            rows = np.flatnonzero(classes == one)
            for method in methods if len(rows) else ():
                said[one, method] = rows, forecast(known, rows, method, WINDOW_DAYS).sum(axis=1)
        if said:
            came = series.units[:, until : until + WINDOW_DAYS].sum(axis=1)
            found.append(Window(number, until, known, classes, said, came))
    return found


def chosen_methods(found: list[Window]) -> dict[str, str]:
    """Class -> method, from all windows but the last (from the only one where there is one)."""
    errors: dict[tuple[str, str], float] = defaultdict(float)
    for window in found[:-1] or found:
        for key, (rows, units) in window.said.items():
            errors[key] += float(np.abs(units - window.came[rows]).sum())
    best = {one: min((errors[one, method], method) for method in methods if (one, method) in errors)[1]
            for one, methods in CANDIDATES.items() if any((one, method) in errors for method in methods)}  # fmt: skip
    return {one: best.get(one, methods[1]) for one, methods in CANDIDATES.items()} if found else {}


def service(window: Window, series: Series, methods: dict[str, str]) -> tuple[Ints, Ints]:
    """Rows of a window, and for each whether the reorder point known then was enough for what a lead time asked for."""
    rows, daily = _said_by(window, methods)
    known = window.known.take(rows)
    span = np.clip(np.round(known.lead_days), 1, WINDOW_DAYS).astype(np.int64)
    points = reorder_points(known, daily, span.astype(np.float64))
    days = series.units[rows, window.until : window.until + WINDOW_DAYS]
    asked = np.where(np.arange(days.shape[1])[None, :] < span[:, None], days, 0).sum(axis=1)
    return rows, (asked <= points).astype(np.int64)


def _said_by(window: Window, methods: dict[str, str]) -> tuple[Ints, Floats]:
    parts = [window.said[one, method] for one, method in methods.items() if (one, method) in window.said]
    rows, units = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
    return rows, units / WINDOW_DAYS


def rows_of(found: list[Window], series: Series, methods: dict[str, str]) -> list[dict[str, Any]]:
    """One row per window, class and method."""
    rows = []
    for window in found:
        covered, enough = service(window, series, methods)
        served = dict(zip(covered.tolist(), enough.tolist(), strict=True))
        for (one, method), (members, units) in window.said.items():
            came = window.came[members]
            actual, wrong = float(came.sum()), float(np.abs(units - came).sum())
            is_chosen = methods[one] == method
            rows.append(
                {
                    "window_number": window.number,
                    "is_last_window": window is found[-1],
                    "training_days": window.until,
                    "demand_class": one,
                    "forecast_model": method,
                    "is_chosen": is_chosen,
                    "is_baseline": method == SEASONAL_NAIVE,
                    "series_count": len(members),
                    "actual_quantity": actual,
                    "forecast_quantity": float(units.sum()),
                    "absolute_error_quantity": wrong,
                    "wape": wrong / actual if actual else None,
                    "service_level": float(series.service_level[members].mean()),
                    "served_count": sum(served[row] for row in members.tolist()) if is_chosen else None,
                }
            )
    return rows
