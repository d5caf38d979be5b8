"""What customer value costs and how right it is: CDNOW's published figures, its holdout, a million simulated people.

    python -m benchmarks.customer_value                   1,000,000 people, two years
    python -m benchmarks.customer_value --people 100000

The million go through the tables of the warehouse's own models: fit of the full history and of the calibration,
predictions for 365 days, backtest. Seconds are wall time of this process, imports of scipy included; making the people
does not count. Writes ``benchmarks/results/customer_value-<people>.json``.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from customer_value.bg_nbd import BgNbd, Histories, fit_bg_nbd
from customer_value.build import predicted_value, value_backtest, value_model
from customer_value.gamma_gamma import GammaGamma, fit_gamma_gamma
from customer_value.simulate import Purchases, simulate, summarised

RESULTS = Path(__file__).resolve().parent / "results"
PUBLISHED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426, "p": 6.25, "q": 3.74, "v": 15.44}
TRUTH = (BgNbd(0.6, 60.0, 0.8, 2.5), GammaGamma(4.0, 3.5, 60.0))
DAYS = 730


def cdnow_file(name: str) -> Path:
    """A data file of the lifetimes package, whose code is too old to be imported."""
    spec = find_spec("lifetimes")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("the package lifetimes is not installed; it has CDNOW's data")
    return Path(spec.submodule_search_locations[0]) / "datasets" / name


def cdnow_parameters() -> dict[str, dict[str, float]]:
    """Published and fitted parameters of 2,357 customers over 39 weeks; times in weeks."""
    with cdnow_file("cdnow_customers_summary_with_transactions.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    repeats = np.array([int(float(row["x"])) for row in rows])
    recency, age, spent = (np.array([float(row[name]) for row in rows]) for name in ("t_x", "T", "zbar"))
    purchases = fit_bg_nbd(Histories(repeats, recency, age, np.ones(len(rows))))
    paid = (repeats > 0) & (spent > 0)
    spend = fit_gamma_gamma(repeats[paid], spent[paid])
    found = {name: float(getattr(purchases if name in ("r", "alpha", "a", "b") else spend, name)) for name in PUBLISHED}
    return {name: {"published": PUBLISHED[name], "fitted": round(found[name], 4)} for name in PUBLISHED}


def cdnow_backtest() -> dict[str, Any]:
    """The same customers' 78 weeks: fitted to the first 39 (273 days), told against the last 39."""
    fields = [line.split() for line in cdnow_file("CDNOW_sample.txt").read_text().splitlines()]
    began = date(1997, 1, 1)
    whose = np.unique([int(row[1]) for row in fields], return_inverse=True)[1]
    days = np.array([(date.fromisoformat(row[2]) - began).days for row in fields], dtype=float)
    order = np.lexsort((days, whose))
    bought = Purchases(whose[order], days[order], np.array([float(row[4]) for row in fields])[order])
    summary = summarised(bought, as_of=545, calibration_end=272)
    return summed(value_backtest(summary, value_model(summary).to_pylist()).to_pylist())


def summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A backtest in figures: rank correlations, error by decile, error of the total."""
    total = {
        name: sum(row["customer_count"] * row[name] for row in rows)
        for name in ("predicted_orders", "baseline_orders", "actual_orders")
    }
    return {
        "rank_correlation": rows[0]["rank_correlation"],
        "baseline_rank_correlation": rows[0]["baseline_rank_correlation"],
        "error_of_total": round(total["predicted_orders"] / total["actual_orders"] - 1, 4),
        "baseline_error_of_total": round(total["baseline_orders"] / total["actual_orders"] - 1, 4),
        "error_by_decile": [round(row["predicted_orders"] / row["actual_orders"] - 1, 4) for row in rows],
        "baseline_error_by_decile": [round(row["baseline_orders"] / row["actual_orders"] - 1, 4) for row in rows],
    }


def timed(costs: dict[str, Any], name: str, work: Callable[[], Any]) -> Any:
    started, before = time.monotonic(), time.process_time()
    found = work()
    costs[name] = {
        "seconds": round(time.monotonic() - started, 2),
        "cpu_seconds": round(time.process_time() - before, 2),
    }
    print(f"  {name:<10} {costs[name]['seconds']:6.2f} s", file=sys.stderr, flush=True)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    bought = simulate(chosen.seed, chosen.people, float(DAYS), *TRUTH)
    summary = summarised(bought, as_of=DAYS - 1, calibration_end=(DAYS - 1) * 2 // 3)
    costs: dict[str, Any] = {}
    models = timed(costs, "fit twice", lambda: value_model(summary).to_pylist())
    timed(costs, "predict", lambda: predicted_value(summary, models))
    rows = timed(costs, "backtest", lambda: value_backtest(summary, models).to_pylist())
    result = {
        "people": chosen.people, "purchases": len(bought.customer), "seed": chosen.seed, "cores": os.cpu_count(),
        "python": platform.python_version(), "numpy": np.__version__,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "costs": costs,
        "parameters": {
            name: {"true": getattr(TRUTH[name in ("p", "q", "v")], name), "fitted": round(models[0][name], 4)}
            for name in PUBLISHED
        },
        "backtest": summed(rows), "cdnow": {"parameters": cdnow_parameters(), "backtest": cdnow_backtest()},
    }  # fmt: skip
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"customer_value-{chosen.people}.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
