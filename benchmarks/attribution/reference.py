"""Exactness on paths that ChannelAttribution publishes (10,000 lines; GPL, so they are read where they lie).

The folder has ``channelattribution_paths.csv.gz`` (path, total_conversions, total_conversion_value, total_null),
``reference_heuristic_*.csv`` and ``reference_markov_order1_exact_solution.csv``.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from pathlib import Path

from attribution.markov import CONVERSION, NULL, SEPARATOR, START, solve


def reference(folder: Path) -> dict[str, float]:
    """Base conversion probability, and the largest difference from the reference of each kind of figure."""
    steps: Counter[tuple[str, str]] = Counter()
    rules: dict[str, Counter[str]] = {name: Counter() for name in ("first_touch", "last_touch", "linear_touch")}
    with gzip.open(folder / "channelattribution_paths.csv.gz", "rt") as lines:
        for row in csv.DictReader(lines):
            path = row["path"].split(SEPARATOR)
            converted, lost = float(row["total_conversions"]), float(row["total_null"])
            for one, other in zip([START, *path[:-1]], path, strict=True):
                steps[one, other] += converted + lost  # type: ignore[assignment]
            steps[path[-1], CONVERSION] += converted  # type: ignore[assignment]
            steps[path[-1], NULL] += lost  # type: ignore[assignment]
            rules["first_touch"][path[0]] += converted  # type: ignore[assignment]
            rules["last_touch"][path[-1]] += converted  # type: ignore[assignment]
            for channel in path:
                rules["linear_touch"][channel] += converted / len(path)  # type: ignore[assignment]
    chain = solve([(*pair, count) for pair, count in steps.items() if count])
    found = {"conversion_probability": chain.conversion_probability}
    with (folder / "reference_markov_order1_exact_solution.csv").open() as lines:
        found["removal_effects"] = max(
            abs(chain.removal_effects[row["channel"]] - float(row["removal_effect_exact"]))
            for row in csv.DictReader(lines)
        )
    with next(folder.glob("reference_heuristic_*.csv")).open() as lines:
        rows = list(csv.DictReader(lines))
    for name, credit in rules.items():
        found[name] = max(abs(credit[row["channel_name"]] - float(row[f"{name}_conversions"])) for row in rows)
    return found
