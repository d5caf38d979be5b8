"""Exactness on paths that ChannelAttribution publishes (10,000 lines; GPL, so they are read where they lie).

The folder has ``channelattribution_paths.csv.gz`` (path, total_conversions, total_conversion_value, total_null),
``reference_heuristic_*.csv`` and ``reference_markov_order1_exact_solution.csv``.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path

from attribution.markov import CONVERSION, NULL, SEPARATOR, START, Transition, solve


def transitions(paths: Iterable[tuple[Sequence[str], float, float]]) -> list[Transition]:
    """Steps of order 1 of paths (channels, times converted, times not)."""
    steps: dict[tuple[str, str], float] = {}
    for path, converted, lost in paths:
        for one, other in zip([START, *path[:-1]], path, strict=True):
            steps[one, other] = steps.get((one, other), 0.0) + converted + lost
        for end, count in ((CONVERSION, converted), (NULL, lost)):
            steps[path[-1], end] = steps.get((path[-1], end), 0.0) + count
    return [(*pair, count) for pair, count in steps.items() if count]


def reference(folder: Path) -> dict[str, float]:
    """Base conversion probability, and the largest difference from the reference of each kind of figure."""
    rules: dict[str, dict[str, float]] = {name: {} for name in ("first_touch", "last_touch", "linear_touch")}
    paths = []
    with gzip.open(folder / "channelattribution_paths.csv.gz", "rt") as lines:
        for row in csv.DictReader(lines):
            path = row["path"].split(SEPARATOR)
            converted = float(row["total_conversions"])
            paths.append((path, converted, float(row["total_null"])))
            shares = {"first_touch": [path[0]], "last_touch": [path[-1]], "linear_touch": path}
            for name, channels in shares.items():
                for channel in channels:
                    rules[name][channel] = rules[name].get(channel, 0.0) + converted / len(channels)
    chain = solve(transitions(paths))
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
