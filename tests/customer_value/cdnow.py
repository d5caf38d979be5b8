"""CDNOW's customers (Fader and Hardie's sample of 2,357 over 39 weeks), read from the files of the lifetimes package.

The package itself is not imported: it is older than the numpy that is installed.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from customer_value.bg_nbd import Histories


def file(name: str) -> Path:
    spec = find_spec("lifetimes")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "datasets" / name


@cache
def histories() -> Histories:
    """Repeat purchases, recency and age in weeks of 39, one by one."""
    with file("cdnow_customers_summary.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    columns = [np.array([float(row[name]) for row in rows]) for name in ("frequency", "recency", "T")]
    return Histories(columns[0].astype(np.int64), columns[1], columns[2], np.ones(len(rows)))


@cache
def spend() -> tuple[np.ndarray, np.ndarray]:
    """Number and mean value of repeat purchases of those 946 who have any."""
    with file("cdnow_customers_summary_with_transactions.csv").open() as lines:
        rows = [(int(float(row["x"])), float(row["zbar"])) for row in csv.DictReader(lines)]
    known = [row for row in rows if row[0] > 0 and row[1] > 0]
    return np.array([count for count, _ in known]), np.array([mean for _, mean in known])


@cache
def transactions() -> dict[str, dict[date, float]]:
    """All 78 weeks of the same sample: customer -> day -> dollars."""
    days: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for line in file("CDNOW_sample.txt").read_text().splitlines():
        fields = line.split()
        day = date.fromisoformat(fields[2])
        days[fields[1]][day] += float(fields[4])
    return days
