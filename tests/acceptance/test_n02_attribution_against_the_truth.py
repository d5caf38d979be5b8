"""N2: every model is held against true causes, in five published worlds and in the tests' own; none may get worse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.attribution.truth import Judged, judged
from benchmarks.road import RESULTS
from tests.conftest import Road, Walk

MODELS = {
    "first_touch", "last_touch", "last_non_direct", "linear", "position_based", "time_decay", "any_click", "markov",
    "shapley",
}  # fmt: skip
SLACK = 0.1
"""Of a world that is not among the published ones, beyond the worst of them."""


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    return dict(json.loads((RESULTS / "attribution-truth.json").read_text()))


@pytest.fixture(scope="module")
def here(road: Road, first: Walk) -> dict[str, Judged]:
    with first.warehouse() as con:
        caused, found = judged(con, road.sandbox.truth)
    assert sum(caused.values()) > 500
    return found


def test_the_report_has_every_model_in_five_worlds(published: dict[str, Any]) -> None:
    assert set(published["models"]) == MODELS
    assert len({world["seed"] for world in published["worlds"]}) == 5
    for world in published["worlds"]:
        assert set(world["models"]) == MODELS
        assert sum(world["caused"].values()) > 500
        for judgement in world["models"].values():
            assert sum(judgement["credit"].values()) == pytest.approx(sum(world["caused"].values()), abs=1)


@pytest.mark.parametrize("model", sorted(MODELS))
def test_no_model_gets_worse(model: str, published: dict[str, Any], here: dict[str, Judged]) -> None:
    past = [world["models"][model] for world in published["worlds"]]
    assert here[model].misplaced_share <= max(one["misplaced_share"] for one in past) + SLACK
    assert here[model].marketed_rank_correlation >= min(one["marketed_rank_correlation"] for one in past) - SLACK


def test_models_rank_what_is_paid_for_as_it_is(published: dict[str, Any]) -> None:
    """What the README says of them: good at the order of paid channels, blind to what would have come anyway."""
    means = published["models"].values()
    assert all(one["marketed_rank_correlation"] > 0.8 for one in means)
    assert all(one["misplaced_share"] > 0.5 for one in means)
