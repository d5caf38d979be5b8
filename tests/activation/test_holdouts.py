"""The history of arms: given once, by whatever destination came first, and kept whatever changes later."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa
import pytest

import selvage
from activation import sync
from activation.destination import GLOBAL_CONTROL
from activation.holdouts import NEW_ARMS, Arms
from activation.plans import load_plan
from tests.activation.world import AUDIENCE, World, held_out, run


def history(world: World, audience: str = AUDIENCE) -> dict[str, list[Any]]:
    """Customer -> arm, share, time, destination of each row."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"""
            select customer_id, arm, holdout_share, assigned_at, destination
            from read_parquet('{world.settings.ledger}/*/arms/*.parquet', union_by_name = true)
            where audience = ? order by recorded_at, customer_id
            """,
            [audience],
        ).fetchall()
    found: dict[str, list[Any]] = {}
    for customer, *rest in rows:
        found.setdefault(customer, []).append(tuple(rest))
    return found


@pytest.fixture
def with_control(monkeypatch: pytest.MonkeyPatch) -> None:
    brand = dataclasses.replace(selvage.load_brand("demo"), global_control=0.2)
    monkeypatch.setattr(selvage, "load_brand", lambda name: brand)


def test_whoever_is_wanted_gets_one_arm_in_the_time_of_the_data(world: World) -> None:
    world.people(range(200))
    world.contacts["c_0001"] = (None, None)
    world.suppressed = {"c_0002": "consent_denied"}
    world.holdout = 0.3
    world.publish()
    run(world)
    given = history(world)
    assert set(given) == set(world.members) - {"c_0001", "c_0002"}
    for customer, rows in given.items():
        arm = "holdout" if held_out(customer, 0.3) else "treated"
        assert rows == [(arm, 0.3, datetime.fromisoformat("2026-05-01"), "shelf")]
    world.people(range(100, 230))
    world.publish()
    run(world)
    run(world)
    assert all(len(rows) == 1 for rows in history(world).values())
    assert len(history(world)) == len(given) + 30


def test_a_changed_share_is_for_those_who_come_later(world: World) -> None:
    world.people(range(300))
    world.holdout = 0.1
    world.publish()
    run(world)
    before, known = world.remote(), history(world)
    world.people(range(600))
    world.holdout = 0.5
    world.publish()
    result = run(world)
    assert result.removed == 0
    assert set(before) <= set(world.remote())
    after = history(world)
    assert {customer: after[customer] for customer in known} == known
    for customer in set(after) - set(known):
        assert after[customer][0][:2] == ("holdout" if held_out(customer, 0.5) else "treated", 0.5)
    world.holdout = 0.01
    world.publish()
    assert sync.plan(AUDIENCE, "shelf").is_empty


def test_a_share_of_nothing_ends_the_holdout(world: World) -> None:
    world.people(range(100))
    world.holdout = 0.3
    world.publish()
    run(world)
    world.holdout = 0
    world.publish()
    assert run(world).held_out == 0
    assert len(world.remote()) == 100


def test_a_lost_history_is_drawn_again_alike(world: World) -> None:
    world.people(range(300))
    world.holdout = 0.2
    world.publish()
    run(world)
    shutil.rmtree(world.settings.ledger / "shelf" / "arms")
    world.publish()
    made = sync.plan(AUDIENCE, "shelf")
    assert made.is_empty
    assert made.arms.num_rows == 300
    sync.apply(made)
    assert len(history(world)) == 300


def test_what_another_destination_wrote_first_holds_here_too(world: World) -> None:
    world.people(range(50))
    world.holdout = 0.2
    world.publish()
    turned = {name: "treated" if held_out(name, 0.2) else "holdout" for name in world.members}
    columns = {
        "audience": [AUDIENCE] * 50,
        "customer_id": list(turned),
        "arm": list(turned.values()),
        "holdout_share": [0.2] * 50,
        "assigned_at": [datetime.fromisoformat("2026-04-01")] * 50,
    }
    Arms(world.settings.ledger, "elsewhere").record("elsewhere-1", pa.Table.from_pydict(columns, schema=NEW_ARMS))
    run(world)
    assert len(world.remote()) == sum(arm == "treated" for arm in turned.values())
    assert all(len(rows) == 1 for rows in history(world).values())


def test_arms_are_written_before_anything_is_sent_and_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.people(range(40))
    world.holdout = 0.2
    world.publish()
    made = sync.plan(AUDIENCE, "shelf")
    saved = load_plan(world.settings.work / "plans" / f"{made.plan_id}.json")
    assert saved.arms.equals(made.arms)

    def cut(*_: Any, **__: Any) -> None:
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr("activation.sync.batches", cut)
        with pytest.raises(InterruptedError):
            sync.apply(made)
    assert len(history(world)) == 40
    assert world.remote() == {}
    sync.apply(saved)
    assert world.remote() == world.wanted()
    assert all(len(rows) == 1 for rows in history(world).values())


def test_many_small_files_are_folded_into_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    arms = Arms(world.settings.ledger, "shelf")
    for number in range(5):
        row = {"audience": [AUDIENCE], "customer_id": [f"c_{number}"], "arm": ["treated"]}
        row |= {"holdout_share": [0.1], "assigned_at": [datetime.fromisoformat("2026-04-01")]}
        arms.record(f"plan-{number}", pa.Table.from_pydict(row, schema=NEW_ARMS))
    monkeypatch.setattr("activation.holdouts.FOLD_FILES", 3)
    monkeypatch.setattr("activation.holdouts.GRACE_SECONDS", 0.0)
    arms.tidy()
    arms.tidy()
    assert len(list(arms.folder.glob("*.parquet"))) == 1
    assert len(history(world)) == 5


@pytest.mark.usefixtures("with_control")
def test_the_global_control_group_hears_nothing_from_any_audience(world: World) -> None:
    world.people(range(500))
    world.holdout = 0.1
    world.publish()
    made = sync.plan(AUDIENCE, "shelf")
    sync.apply(made)
    control = {name for name, rows in history(world, GLOBAL_CONTROL).items() if rows[0][0] == "holdout"}
    assert 60 < len(control) < 140
    assert {email.split("@")[0] for email in world.remote()} == {
        name for name in world.members if name not in control and not held_out(name, 0.1)
    }
    assert made.held_out == 500 - len(world.remote())
    assert set(history(world)) == set(world.members), "they have an arm of the audience too"


@pytest.mark.usefixtures("with_control")
def test_a_list_that_reaches_nobody_knows_no_control_group(world: World) -> None:
    """Taken off a list of people to exclude, the control group would see more advertising, not less."""
    world.people(range(100))
    world.holdout = 0
    world.publish()
    run(world)
    assert len(world.remote()) == 100
    assert history(world, GLOBAL_CONTROL) == history(world) == {}


@pytest.mark.usefixtures("with_control")
def test_whoever_turns_out_to_be_of_the_control_group_leaves(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        off = dataclasses.replace(selvage.load_brand("demo"), global_control=0.0)
        patch.setattr(selvage, "load_brand", lambda name: off)
        world.people(range(200))
        world.holdout = 0.1
        world.publish()
        run(world)
    made = sync.plan(AUDIENCE, "shelf")
    assert set(made.reasons()) == {GLOBAL_CONTROL}


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_an_impossible_share_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=r"brands/demo\.toml: global_control"):
        dataclasses.replace(selvage.load_brand("demo"), global_control=share)


def test_no_audience_takes_the_control_groups_name(world: World) -> None:
    world.audience = GLOBAL_CONTROL
    world.publish()
    with pytest.raises(ValueError, match="no audience may be called global_control"):
        sync.plan(GLOBAL_CONTROL, "shelf")
