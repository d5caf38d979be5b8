"""The methods: what each says of the next days, by statsforecast; and how many units to keep for a lead time.

A reorder point is a number of units that a lead time's demand exceeds seldom enough. Demand is negative binomial
(Poisson where it varies no more): its mean is the forecast over the lead time, its variance ``dispersion x mean x
(1 + lead days / days known)``, the last for not knowing the mean. As units are whole, each point would serve more than
was asked for, a slow mover's by far; so the service level is one of all rows together, and the units that add least to
it are not kept (marginal analysis, as in Sherbrooke's multi-item models).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demand_forecast.series import Floats, Ints, Series, Words

SEASON_DAYS = 7
SEASONAL_NAIVE, ETS, CROSTON, TSB, MEAN = "seasonal_naive", "ets", "croston_sba", "tsb", "mean"
OFTEN, SELDOM = (SEASONAL_NAIVE, ETS, MEAN), (SEASONAL_NAIVE, CROSTON, TSB, MEAN)
CANDIDATES = {"smooth": OFTEN, "erratic": OFTEN, "intermittent": SELDOM, "lumpy": SELDOM}
MEAN_DAYS = 91
LEAST_DAYS, LEAST_UNITS = 28, 2
"""A row is forecast from so much history on; below it nothing can be said that a count of the units would not."""


def fits(series: Series) -> NDArray[np.bool_]:
    """Rows that can be forecast."""
    found: NDArray[np.bool_] = (series.days >= LEAST_DAYS) & (series.total >= LEAST_UNITS)
    return found


def makers() -> dict[str, Callable[[], Any]]:
    """Method -> its model of statsforecast.

    ETS without a trend: two or three weeks ahead of a shop's daily sales a trend is noise carried on. Croston's method,
    in the form of Syntetos and Boylan, knows nothing of the time since the last sale and says too much of what sells
    once in months; that of Teunter, Syntetos and Babai lets demand fade, and the plain mean is that of a quarter.
    """
    from statsforecast.models import TSB as FadingDemand  # noqa: N811  (a class named in capitals)
    from statsforecast.models import AutoETS, CrostonSBA, HistoricAverage, SeasonalNaive

    return {
        SEASONAL_NAIVE: lambda: SeasonalNaive(season_length=SEASON_DAYS),
        ETS: lambda: AutoETS(season_length=SEASON_DAYS, model="ANZ"),
        CROSTON: CrostonSBA,
        TSB: lambda: FadingDemand(alpha_d=0.1, alpha_p=0.02),
        MEAN: HistoricAverage,
    }


def forecast(series: Series, rows: Ints, method: str, days: int) -> Floats:
    """Units by row and day ahead, none below zero."""
    make = makers()[method]
    ahead = np.zeros((len(rows), days))
    for place, row in enumerate(rows.tolist()):
        known = series.units[row, series.first[row] :]
        known = np.ascontiguousarray(known[-MEAN_DAYS:] if method == MEAN else known)
        ahead[place] = make().forecast(y=known, h=days)["mean"]
    return np.maximum(np.nan_to_num(ahead), 0.0)


def reorder_points(series: Series, daily: Floats, lead_days: Floats) -> Ints:
    """Units of each row. ``daily``: units a day expected; ``lead_days``: from ordering to having it."""
    from scipy.stats import nbinom, poisson

    mean = np.maximum(daily * lead_days, 1e-9)
    ratio = series.dispersion * (1 + lead_days / np.maximum(series.days, 1))
    spread = ratio > 1 + 1e-6
    p, service_level = 1 / np.where(spread, ratio, 2.0), series.service_level
    n = mean * p / (1 - p)

    def reached(units: Floats) -> Floats:
        found: Floats = np.where(spread, nbinom.cdf(units, n, p), poisson.cdf(units, mean))
        return found

    enough = np.where(spread, nbinom.ppf(service_level, n, p), poisson.ppf(service_level, mean))
    adds = np.where(enough > 0, reached(enough) - reached(enough - 1), np.inf)
    to_spare = float((reached(enough) - service_level).sum())
    least_first = np.argsort(adds, kind="stable")
    left_out = np.zeros(len(series), dtype=bool)
    left_out[least_first] = np.cumsum(adds[least_first]) <= to_spare
    return (enough - left_out).astype(np.int64)


def demand_classes(series: Series) -> Words:
    """The class of each row that can be forecast, ``too_short`` for the others."""
    return np.where(fits(series), series.classes, "too_short")
