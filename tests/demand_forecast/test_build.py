"""Forecasts and reorder points on demand whose law is known; the same digits in whatever order, and a reason for no more."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from demand_forecast.backtest import WINDOW_DAYS, chosen_methods, windows
from demand_forecast.build import demand_backtest, demand_forecasts
from demand_forecast.methods import CROSTON, ETS, SEASONAL_NAIVE, forecast, reorder_points
from demand_forecast.series import Series

DAYS, BEGIN = 140, date(2026, 1, 1)
WEEK = np.array([0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6])


def table(units: np.ndarray, lead_days: float = 7.0, level: float = 0.95, first: int = 0) -> pa.Table:
    row, day = np.nonzero(units)
    return pa.table(
        {
            "sku": [f"S{number:04}" for number in row],
            "location_key": ["l"] * len(row),
            "demand_date": pa.array([BEGIN + timedelta(days=int(one)) for one in day], pa.date32()),
            "units": units[row, day].astype(np.int64),
            "known_from_date": pa.array([BEGIN + timedelta(days=first)] * len(row), pa.date32()),
            "last_date": pa.array([BEGIN + timedelta(days=units.shape[1] - 1)] * len(row), pa.date32()),
            "lead_days": np.full(len(row), lead_days),
            "service_level": np.full(len(row), level),
        }
    )


@cache
def shop() -> pa.Table:
    """Twenty fast sellers with a week's rhythm, and four hundred that sell now and then."""
    rng = np.random.default_rng(5)
    fast = rng.poisson(rng.uniform(3, 9, 20)[:, None] * WEEK[np.arange(DAYS) % 7])
    slow = rng.poisson(rng.gamma(1.0, 0.15, 400)[:, None] * np.ones(DAYS))
    return table(np.concatenate([fast, slow]))


def test_the_order_of_rows_does_not_change_a_digit():
    shuffled = shop().take(np.random.default_rng(2).permutation(shop().num_rows))
    backtests = [demand_backtest(one) for one in (shop(), shuffled)]
    assert backtests[0].equals(backtests[1])
    rows = backtests[0].to_pylist()
    assert demand_forecasts(shop(), rows).equals(demand_forecasts(shuffled, rows))


def test_what_was_chosen_beats_seasonal_naive_where_it_was_not_chosen_by():
    last = [row for row in demand_backtest(shop()).to_pylist() if row["is_last_window"]]
    wrong = {
        name: sum(float(row["absolute_error_quantity"]) for row in last if row[name])
        for name in ("is_chosen", "is_baseline")
    }
    actual = sum(row["actual_quantity"] for row in last if row["is_chosen"])
    assert actual == sum(row["actual_quantity"] for row in last if row["is_baseline"]) > 500
    assert wrong["is_chosen"] < 0.9 * wrong["is_baseline"]
    assert {row["demand_class"]: row["forecast_model"] for row in last if row["is_chosen"]}["smooth"] != SEASONAL_NAIVE


def test_reorder_points_serve_as_often_as_asked_for():
    """Rates known to the method; demand drawn anew: over all rows, slow and fast, the share of lead times served."""
    rng = np.random.default_rng(8)
    rates = np.concatenate([rng.gamma(1.0, 0.2, 1500) + 0.02, rng.uniform(1, 6, 100)])
    past = rng.poisson(rates[:, None] * np.ones(364))
    series = Series.of(table(past))
    known = np.isin(np.arange(len(rates)), [int(sku[1:]) for sku in series.sku.to_pylist()])
    for level in (0.9, 0.95, 0.98):
        series.service_level = np.full(len(series), level)
        points = reorder_points(series, past[known].mean(axis=1), np.full(len(series), 9.0))
        asked = rng.poisson(rates[known][:, None] * np.full((1, 200), 9.0))
        assert (asked <= points[:, None]).mean() == pytest.approx(level, abs=0.02)


def test_the_classes_are_those_of_interval_and_variation():
    often, even = np.ones((1, DAYS)), np.zeros((1, DAYS))
    even[0, ::4] = 2
    wild = even.copy()
    wild[0, ::12] = 30
    peaks = often.copy()
    peaks[0, ::5] = 20
    found = Series.of(table(np.concatenate([often, peaks, even, wild]))).classes
    assert found.tolist() == ["smooth", "erratic", "intermittent", "lumpy"]


def test_each_method_says_what_its_name_says():
    rhythm = np.tile(np.arange(1, 8), 20)[None, :].astype(float)
    even = np.zeros((1, DAYS))
    even[0, 1::4] = 2
    series = Series.of(table(np.concatenate([rhythm, even])))
    rows = np.array([0])
    assert forecast(series, rows, SEASONAL_NAIVE, 7)[0].tolist() == list(range(1, 8))
    assert forecast(series, rows, ETS, 7)[0] == pytest.approx(np.arange(1, 8), abs=0.1)
    # Croston: 2 units every 4 days; Syntetos and Boylan take 5 % off
    assert forecast(series, np.array([1]), CROSTON, 3)[0] == pytest.approx([0.475] * 3, rel=0.02)


def test_a_new_item_is_known_from_its_first_day_on():
    units = np.zeros((1, DAYS))
    units[0, 100:] = 1
    series = Series.of(table(units, first=100))
    assert series.days.tolist() == [40]
    row = demand_forecasts(table(units, first=100), []).to_pylist()[0]
    assert (row["history_days"], float(row["daily_forecast"])) == (40, 1.0)


def test_too_little_history_is_told_and_has_the_mean():
    units = np.zeros((2, 20))
    units[0, 3], units[1, ::2] = 1, 1
    assert demand_backtest(table(units)).num_rows == 0
    rows = demand_forecasts(table(units), []).to_pylist()
    assert [(row["demand_class"], row["forecast_model"], float(row["daily_forecast"])) for row in rows] == [
        ("too_short", "mean", 0.05),
        ("too_short", "mean", 0.5),
    ]


def test_an_empty_shop_has_no_rows():
    nothing = shop().slice(0, 0)
    assert demand_backtest(nothing).num_rows == 0
    assert demand_forecasts(nothing, []).num_rows == 0


def test_a_window_knows_nothing_of_what_comes_after():
    """The same past with another future: the forecasts made before are the same."""
    other = shop().to_pandas()
    late = other["demand_date"] >= BEGIN + timedelta(days=DAYS - WINDOW_DAYS)
    other.loc[late, "units"] *= 50
    before, after = (windows(Series.of(one)) for one in (shop(), pa.Table.from_pandas(other, shop().schema)))
    for key, (rows, units) in before[-1].said.items():
        assert (after[-1].said[key][0] == rows).all()
        assert (after[-1].said[key][1] == units).all()
    assert chosen_methods(before) == chosen_methods(after)
