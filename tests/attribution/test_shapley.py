"""Shapley values against brute force: every order in which the channels could come together, one by one."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution import build, shapley

CHANNELS = 5
PATHS = st.lists(
    st.tuples(st.integers(1, (1 << CHANNELS) - 1), st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=30
)


def brute_force(worth: Callable[[int], float], channels: int) -> np.ndarray:
    """The mean over all orders of what each channel adds to those before it."""
    found = np.zeros(channels)
    orders = list(itertools.permutations(range(channels)))
    for order in orders:
        inside = 0
        for channel in order:
            found[channel] += worth(inside | 1 << channel) - worth(inside)
            inside |= 1 << channel
    return found / len(orders)


def arrays(paths: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    sets, converted, not_converted = (np.array(column, dtype=np.int64) for column in zip(*paths, strict=True))
    return sets, converted, converted + not_converted


@settings(max_examples=25, deadline=None)
@given(PATHS)
def test_count_equals_brute_force(paths: list[tuple[int, int, int]]) -> None:
    sets, converted, _ = arrays(paths)

    def worth(coalition: int) -> float:
        return float(converted[(sets & ~coalition) == 0].sum())

    found = shapley.of_counts(sets, converted, CHANNELS)
    assert found == pytest.approx(brute_force(worth, CHANNELS), abs=1e-9)
    assert found.sum() == pytest.approx(converted.sum(), abs=1e-9)
    assert (found >= 0).all()


@settings(max_examples=25, deadline=None)
@given(PATHS)
def test_rate_equals_brute_force(paths: list[tuple[int, int, int]]) -> None:
    sets, converted, seen = arrays(paths)

    def worth(coalition: int) -> float:
        inside = (sets & ~coalition) == 0
        return float(converted[inside].sum() / seen[inside].sum()) if seen[inside].sum() else 0.0

    found = shapley.of_rates(sets, converted, seen, CHANNELS)
    assert found == pytest.approx(brute_force(worth, CHANNELS), abs=1e-9)
    assert found.sum() == pytest.approx(worth((1 << CHANNELS) - 1), abs=1e-9)


def test_a_rate_can_take_credit_away() -> None:
    """Why count is the default: a channel of many paths that seldom convert is worth less than nothing by the rate."""
    sets, converted, seen = np.array([1, 2, 3]), np.array([50, 1, 10]), np.array([100, 1000, 1000])
    assert shapley.of_rates(sets, converted, seen, 2)[1] < 0 < shapley.of_counts(sets, converted, 2)[1]


def test_the_order_of_the_rows_changes_not_a_digit():
    rng = np.random.default_rng(3)
    sets = rng.permutation(np.arange(1, 64))
    rows = {"channel_set": sets, "conversion_count": rng.integers(0, 50, 63), "path_count": rng.integers(50, 90, 63)}
    ranks = {f"channel {rank}": rank for rank in range(1, 7)}
    for worth in ("count", "rate"):
        chosen = {"shapley_value": worth, "shapley_channels": 5}
        found = [
            build._shapley(pa.table({name: values[order] for name, values in rows.items()}), ranks, chosen)
            for order in (rng.permutation(63) for _ in range(20))
        ]
        assert all(one == found[0] for one in found)
