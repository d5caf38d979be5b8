"""Runs that die at any point: the next run ends where an undisturbed one would, and sends nothing twice with an effect."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from activation import discovery, sync
from tests.activation.world import AUDIENCE, World

ROOT = Path(__file__).parents[2]
APPLY = f"""
import sys
from activation import destinations, sync
destinations.__path__.append({str(Path(__file__).parent / "toy")!r})
import activation.destinations.shelf as shelf
shelf.BATCH_SIZE = {{"add": 10, "update": 10, "remove": 10}}
sync.apply(sync.plan({AUDIENCE!r}, "shelf"))
"""


class Died(BaseException):
    """Where a real process would have been killed."""


def two_days(world: World) -> None:
    """Thirty members, then a day on which ten leave, ten come and all others change."""
    world.people(range(30))
    world.publish()
    sync.apply(sync.plan(AUDIENCE, "shelf"))
    world.people(range(10, 40), product="SKU-2")
    world.publish()


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5, 8, 11])
def test_dying_at_any_write(world: World, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Between a file's last byte and its rename, for every file a sync writes."""
    two_days(world)
    replace, count = os.replace, 0

    def dying(source: str, target: str) -> None:
        nonlocal count
        count += 1
        if count == at:
            raise Died
        replace(source, target)

    monkeypatch.setattr("activation.ledger.os.replace", dying)
    try:
        sync.apply(sync.plan(AUDIENCE, "shelf"))
        died = False
    except Died:
        died = True
    monkeypatch.setattr("activation.ledger.os.replace", replace)
    assert died == (count >= at)
    finish(world)


@pytest.mark.parametrize("call", [2, 4])
@pytest.mark.parametrize("point", ["before", "after", "job"])
def test_dying_around_a_call(world: World, call: int, point: str) -> None:
    two_days(world)
    world.set_remote(die=[call, point])
    killed = discovery.find("shelf").Killed  # type: ignore[attr-defined]
    with contextlib.suppress(killed):
        sync.apply(sync.plan(AUDIENCE, "shelf"))
    finish(world)


def test_a_job_left_behind_is_asked_for_not_sent_again(world: World) -> None:
    world.people(range(5))
    world.set_remote(die=[1, "job"], reject=["c_0002@example.com"])
    world.publish()
    with pytest.raises(discovery.find("shelf").Killed):  # type: ignore[attr-defined]
        sync.apply(sync.plan(AUDIENCE, "shelf"))
    made = sync.plan(AUDIENCE, "shelf")
    assert len(world.shelf.read()["calls"]) == 1
    assert made.actions["customer_id"].to_pylist() == ["c_0002"]  # rejected by the job, so it comes back
    assert {row["status"] for row in world.ledger_rows()} == {"acknowledged", "rejected"}


def test_who_was_maybe_sent_and_is_no_longer_wanted_is_removed(world: World) -> None:
    """The run died after the vendor took the batch and before anyone wrote it down; then a member left."""
    world.people(range(5))
    world.set_remote(die=[1, "after"])
    world.publish()
    with pytest.raises(discovery.find("shelf").Killed):  # type: ignore[attr-defined]
        sync.apply(sync.plan(AUDIENCE, "shelf"))
    assert len(world.remote()) == 5
    assert world.ledger_rows() == []
    world.people(range(4))
    world.publish()
    made = sync.plan(AUDIENCE, "shelf")
    assert (made.counts["uncertain"], made.removals) == (5, 1)
    finish(world)
    assert len(world.remote()) == 4


def test_kill_9_in_the_middle_of_apply(world: World) -> None:
    """A real process, a real SIGKILL, at three places; the end is that of a run nobody disturbed."""
    environment = {**os.environ, "SELVAGE_HOME": str(world.home), "SHELF_PATH": str(world.shelf.path)}

    def run() -> int:
        return subprocess.run([sys.executable, "-c", APPLY], cwd=ROOT, env=environment, check=False).returncode

    world.people(range(40))
    world.publish()
    for die in ([2, "after"], [3, "job"], [4, "before"]):
        world.set_remote(die=die, kill=True)
        assert run() == -9
    assert 0 < len(world.remote()) < 40
    assert run() == 0
    assert world.remote() == world.wanted()
    assert sync.plan(AUDIENCE, "shelf").is_empty
    taken = [tuple(call) for call in world.shelf.read()["calls"]]
    assert len(taken) <= 4 + 2  # four batches; only those whose answer nobody saw were sent again
    keys = [(row["batch_id"], row["customer_id"]) for row in world.ledger_rows()]
    assert len(keys) == len(set(keys)) == 40


def test_a_plan_applied_again_goes_on_where_it_stopped(world: World) -> None:
    world.people(range(5))
    world.publish()
    made = sync.plan(AUDIENCE, "shelf")
    world.set_remote(die=[1, "after"])
    with pytest.raises(discovery.find("shelf").Killed):  # type: ignore[attr-defined]
        sync.apply(made)
    assert sync.apply(made).sent == 5
    assert world.remote() == world.wanted()
    finish(world)


def finish(world: World) -> None:
    """The next run; then all is as an undisturbed run would have left it, and nothing is left to do or under way."""
    sync.apply(sync.plan(AUDIENCE, "shelf"))
    assert world.remote() == world.wanted()
    assert sync.plan(AUDIENCE, "shelf").is_empty
    assert list((world.settings.work / "pending" / "shelf").iterdir()) == []
    keys = [(row["batch_id"], row["customer_id"]) for row in world.ledger_rows()]
    assert len(keys) == len(set(keys))
    assert not list(world.settings.ledger.rglob("*.partial"))
    assert json.loads((world.settings.work / "sync_runs" / f"shelf-{AUDIENCE}.json").read_text())["planned"] >= 0
