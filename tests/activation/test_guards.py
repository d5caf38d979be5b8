"""What stops a plan: other data, another sync, a guard. Nothing is sent before all of that is known."""

from __future__ import annotations

import pytest

from activation import sync
from activation.plans import EmptyAudience, RemovalGuard, StalePlan
from tests.activation.world import AUDIENCE, World, run


def test_a_plan_of_another_build_is_refused(world: World) -> None:
    world.people(range(3))
    world.publish()
    made = sync.plan(AUDIENCE, "shelf")
    world.publish()
    with pytest.raises(StalePlan, match="build-1"):
        sync.apply(made)
    assert world.shelf.read()["calls"] == []


def test_a_plan_is_refused_once_another_was_applied(world: World) -> None:
    world.people(range(3))
    world.publish()
    first, second = sync.plan(AUDIENCE, "shelf"), sync.plan(AUDIENCE, "shelf")
    sync.apply(first)
    with pytest.raises(StalePlan, match="another sync"):
        sync.apply(second)
    again = sync.apply(first)  # its own rows are no reason to refuse; there is nothing left to do
    assert (again.planned, again.sent) == (3, 0)
    assert len(world.shelf.read()["calls"]) == 1


def test_removal_guard_needs_a_name(world: World) -> None:
    world.people(range(10))
    world.max_removal_share = 0.5
    world.publish()
    run(world)
    calls = len(world.shelf.read()["calls"])
    world.people(range(4))
    world.publish()
    made = sync.plan(AUDIENCE, "shelf")
    assert made.refused_by() == ["RemovalGuard"]
    with pytest.raises(RemovalGuard, match="6 of 10"):
        sync.apply(made)
    assert len(world.shelf.read()["calls"]) == calls
    assert sync.apply(made, approved_by="Ana").approved_by == "Ana"
    assert world.remote() == world.wanted()


def test_exactly_the_allowed_share_passes(world: World) -> None:
    world.people(range(10))
    world.max_removal_share = 0.5
    world.publish()
    run(world)
    world.people(range(5))
    world.publish()
    assert run(world).removed == 5


def test_an_empty_audience_is_refused_even_with_a_name(world: World) -> None:
    world.people(range(3))
    world.max_removal_share = 0.9
    world.publish()
    run(world)
    world.people(())
    world.publish()
    made = sync.plan(AUDIENCE, "shelf")
    assert made.refused_by() == ["EmptyAudience", "RemovalGuard"]
    for options in ({}, {"approved_by": "Ana"}, {"allow_empty": True}):
        with pytest.raises(EmptyAudience):
            sync.apply(made, **options)
    assert len(world.remote()) == 3
    sync.apply(made, approved_by="Ana", allow_empty=True)
    assert world.remote() == {}


def test_an_audience_that_comes_and_goes_may_end_empty(world: World) -> None:
    world.people(range(3))
    world.max_removal_share = 1
    world.publish()
    run(world)
    world.people(())
    world.publish()
    assert sync.plan(AUDIENCE, "shelf").refused_by() == []
    assert run(world).removed == 3
    assert world.remote() == {}


def test_a_plan_below_the_platforms_minimum_warns_and_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from activation import discovery
    from activation.__main__ import main

    monkeypatch.setattr(discovery.find("shelf"), "MIN_MEMBERS", 5)
    world.people(range(4))
    world.publish()
    made = sync.plan(AUDIENCE, "shelf")
    (warning,) = made.warnings()
    assert "will have 4 members at shelf" in warning
    assert made.summary()["warnings"] == [warning]
    assert main(["plan"]) == 0
    assert f"warning: {warning}" in capsys.readouterr().out
    assert run(world).members == 4
    world.people(range(1, 6))
    world.publish()
    made = sync.plan(AUDIENCE, "shelf")
    assert (made.members_after, made.warnings()) == (5, [])
    sync.apply(made)
    world.people(range(2, 6))
    world.publish()
    assert sync.plan(AUDIENCE, "shelf").warnings()


def test_an_empty_audience_without_members_is_fine(world: World) -> None:
    world.publish()
    assert run(world).planned == 0
