"""B04: scored edges find what typing broke, and hardly ever join two people. On the five worlds of N1."""

from __future__ import annotations

import pytest

from tests.acceptance_support.seeds import Found, Measured, Seeds

NOBODY = Found(0, 0, 0)


@pytest.fixture(scope="module")
def worlds(seeds: Seeds) -> list[Measured]:
    return [seeds.measured(seed) for seed in (1, 2, 3, 4, 5)]


def test_precision_holds_in_each_world(worlds: list[Measured]) -> None:
    assert [world.scored.precision for world in worlds if world.scored.precision < 0.99] == []


def test_recall_on_records_that_were_typed_wrong_rises_by_ten_points(worlds: list[Measured]) -> None:
    slips = sum((world.slips for world in worlds), NOBODY)
    assert slips.pairs > 1000
    assert (slips.scored - slips.deterministic) / slips.pairs >= 0.10


def test_most_pairs_beyond_the_ceiling_that_still_agree_are_found(worlds: list[Measured]) -> None:
    beyond = sum((world.beyond for world in worlds), NOBODY)
    assert beyond.pairs > 300
    assert beyond.deterministic / beyond.pairs < 0.05, "what exact identifiers find is not beyond them"
    assert beyond.scored / beyond.pairs >= 0.60
