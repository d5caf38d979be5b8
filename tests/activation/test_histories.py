"""Random histories: whatever is wanted, refused, killed and changed, the destination ends up with what is wanted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from activation import discovery, sync
from tests.activation.world import AUDIENCE, World

PEOPLE = range(8)
CUSTOMERS = st.sampled_from([f"c_{number:04d}" for number in PEOPLE])
DAYS = st.lists(
    st.fixed_dictionaries(
        {
            "members": st.dictionaries(CUSTOMERS, st.sampled_from(["SKU-1", "SKU-2"]), min_size=1),
            # Few addresses for eight people: changes of address collide with each other, and some have none.
            "addresses": st.dictionaries(CUSTOMERS, st.sampled_from([*"abcdefghij", None]), max_size=3),
            "suppressed": st.sets(CUSTOMERS, max_size=2),
            "holdout": st.sampled_from([0.0, 0.3]),
            "reject": st.sets(st.sampled_from("abcdefghij"), max_size=2),
            "die": st.sampled_from([None, None, "before", "after", "job"]),
        }
    ),
    min_size=2,
    max_size=4,
)


@pytest.mark.usefixtures("world")
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
    phases=[Phase.generate],
)
@given(days=DAYS)
def test_the_destination_ends_with_what_is_wanted(
    tmp_path_factory: pytest.TempPathFactory, days: list[dict[str, Any]]
) -> None:
    home = tmp_path_factory.mktemp("history")
    os.environ["SELVAGE_HOME"], os.environ["SHELF_PATH"] = str(home), str(home / "shelf.json")
    world = World(Path(home), contacts={f"c_{n:04d}": (f"{'abcdefgh'[n]}@example.com", None) for n in PEOPLE})
    killed = discovery.find("shelf").Killed  # type: ignore[attr-defined]
    for day in days:
        world.members, world.holdout = day["members"], day["holdout"]
        for customer, letter in day["addresses"].items():
            world.contacts[customer] = (letter and f"{letter}@example.com", None)
        world.suppressed = dict.fromkeys(day["suppressed"], "unsubscribed")
        call = len(world.shelf.read()["calls"]) + 1
        world.set_remote(reject=[f"{letter}@example.com" for letter in day["reject"]])
        world.set_remote(die=day["die"] and [call, day["die"]])
        world.publish()
        try:
            sync.apply(sync.plan(AUDIENCE, "shelf"))
        except killed:
            continue
        refused = {f"{letter}@example.com" for letter in day["reject"]}
        held, wanted = world.remote(), world.wanted()
        assert {e: p for e, p in held.items() if e not in refused} == {
            e: p for e, p in wanted.items() if e not in refused
        }
    world.set_remote(reject=[], die=None)
    sync.apply(sync.plan(AUDIENCE, "shelf"))
    assert world.remote() == world.wanted()
    calls = len(world.shelf.read()["calls"])
    assert sync.plan(AUDIENCE, "shelf").is_empty
    assert len(world.shelf.read()["calls"]) == calls
