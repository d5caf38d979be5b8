"""Removal effects of the chain, against elimination in fractions: the same numbers by another way, without rounding."""

from __future__ import annotations

import csv
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.markov import CONVERSION, NULL, SEPARATOR, START, Transition, solve

PATHS = Path(__file__).with_name("paths.csv")
CHANNELS = "abcd"
Counted = dict[tuple[str, ...], tuple[int, int]]
"""Path -> how often it converted, how often it did not."""
GENERATED = st.dictionaries(
    st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=6).map(tuple),
    st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(any),
    min_size=1,
    max_size=15,
)


def transitions(paths: Counted, order: int = 1) -> list[Transition]:
    found: Counter[tuple[str, str]] = Counter()
    for path, (converted, lost) in paths.items():
        states = [SEPARATOR.join(path[max(0, at - order + 1) : at + 1]) for at in range(len(path))]
        for one, other in zip([START, *states[:-1]], states, strict=True):
            found[one, other] += converted + lost
        found[states[-1], CONVERSION] += converted
        found[states[-1], NULL] += lost
    return [(*pair, count) for pair, count in found.items() if count]


def probability(steps: list[Transition], removed: str | None = None) -> Fraction:
    """To convert from the start, by elimination in fractions; into a removed channel a path ends."""
    leaving: Counter[str] = Counter()
    for one, _, count in steps:
        leaving[one] += count
    shares: dict[str, dict[str, Fraction]] = {}
    for one, other, count in steps:
        gone = removed is not None and other.rpartition(SEPARATOR)[2] == removed
        to = shares.setdefault(one, {})
        to[NULL if gone else other] = to.get(NULL if gone else other, Fraction(0)) + Fraction(count, leaving[one])
    for state in [state for state in shares if state != START]:
        out = shares.pop(state)
        stays = out.pop(state, Fraction(0))
        if stays == 1:
            continue
        for to in shares.values():
            share = to.pop(state, Fraction(0))
            for other, part in out.items():
                to[other] = to.get(other, Fraction(0)) + share * part / (1 - stays)
    return shares[START].get(CONVERSION, Fraction(0))


@pytest.mark.parametrize("order", [1, 2, 3])
@settings(max_examples=25, deadline=None)
@given(paths=GENERATED)
def test_it_equals_elimination_in_fractions(order: int, paths: Counted) -> None:
    steps = transitions(paths, order)
    base = probability(steps)
    found = solve(steps)
    assert found.conversion_probability == pytest.approx(float(base), abs=1e-9)
    for channel, effect in found.removal_effects.items():
        assert effect == pytest.approx(float(1 - probability(steps, channel) / base) if base else 0, abs=1e-9)


def test_the_committed_paths_have_their_exact_effects() -> None:
    """2,000 generated paths of eight channels; each effect told beside them was solved in fractions."""
    paths: Counted = {}
    told: dict[str, float] = {}
    with PATHS.open() as lines:
        for row in csv.DictReader(lines):
            if row["kind"] == "path":
                paths[tuple(row["path"].split(SEPARATOR))] = (int(row["converted"]), int(row["lost"]))
            else:
                told[row["path"]] = float(row["effect"])
    found = solve(transitions(paths))
    assert len(told) == 9
    assert found.conversion_probability == pytest.approx(told.pop(START), abs=1e-6)
    assert dict(found.removal_effects) == pytest.approx(told, abs=1e-6)


def test_a_touch_of_the_same_channel_again_changes_nothing() -> None:
    """Why the transform collapse_repeats leaves order 1 as it is."""
    once = solve(transitions({("a", "b"): (3, 5), ("b",): (1, 9)}))
    again = solve(transitions({("a", "a", "b", "b", "b"): (3, 5), ("b",): (1, 9)}))
    assert dict(again.removal_effects) == pytest.approx(dict(once.removal_effects))


def test_without_paths_there_is_no_effect() -> None:
    assert solve([]).removal_effects == {}


def test_paths_that_never_end_are_refused() -> None:
    with pytest.raises(ValueError, match="never end"):
        solve([(START, "a", 2), ("a", "a", 1), (START, "b", 1), ("b", CONVERSION, 1)])
    with pytest.raises(ValueError, match="after 'b'"):
        solve([(START, "b", 1)])
