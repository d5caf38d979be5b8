"""Mode update_only: members that the destination acknowledged are kept up to date, and nobody is created there."""

from __future__ import annotations

import pytest

from activation import discovery, sync
from activation.destination import Audience
from tests.activation.world import AUDIENCE, World, run


@pytest.fixture
def known(world: World) -> World:
    """Four members over there, and an audience that only updates from now on."""
    world.people(range(4))
    world.publish()
    run(world)
    world.mode = "update_only"
    return world


def test_nobody_is_created_where_nobody_is_known(world: World) -> None:
    world.mode = "update_only"
    world.people(range(4))
    world.publish()
    assert sync.plan(AUDIENCE, "shelf").is_empty
    assert run(world).sent == 0
    assert world.shelf.read()["calls"] == []


def test_members_are_updated_and_those_who_come_or_leave_are_left_alone(known: World) -> None:
    known.people(range(1, 6), product="SKU-2")  # 0 leaves, 4 and 5 are new
    known.publish()
    made = sync.plan(AUDIENCE, "shelf")
    assert (made.adds, made.updates, made.removals) == (0, 3, 0)
    sync.apply(made)
    assert known.remote() == {f"c_000{n}@example.com": "SKU-2" if n else "SKU-1" for n in range(4)}
    assert sync.plan(AUDIENCE, "shelf").is_empty


def test_the_suppressed_leave_and_do_not_come_back(known: World) -> None:
    known.suppressed = {"c_0002": "unsubscribed"}
    known.publish()
    assert run(known).removed == 1
    assert "c_0002@example.com" not in known.remote()
    known.suppressed = {}
    known.publish()
    assert sync.plan(AUDIENCE, "shelf").is_empty


def test_a_changed_address_would_be_a_new_profile(known: World) -> None:
    known.contacts["c_0001"] = ("new@example.com", None)
    known.publish()
    assert sync.plan(AUDIENCE, "shelf").is_empty
    known.suppressed = {"c_0001": "unsubscribed"}  # and who has one is still found when consent is withdrawn
    known.publish()
    assert run(known).removed == 1
    assert set(known.remote()) == {f"c_000{n}@example.com" for n in (0, 2, 3)}


def test_resend_tells_the_members_and_no_one_else(known: World) -> None:
    known.people(range(6))
    known.publish()
    made = sync.plan(AUDIENCE, "shelf", resend=True)
    assert (made.adds, made.updates) == (0, 4)


def test_an_update_that_was_cut_off_is_made_again(known: World) -> None:
    known.people(range(4), product="SKU-2")
    known.publish()
    calls = len(known.shelf.read()["calls"])
    known.set_remote(die=[calls + 1, "before"])
    with pytest.raises(discovery.find("shelf").Killed):  # type: ignore[attr-defined]
        run(known)
    known.people(range(6), product="SKU-2")
    known.publish()
    run(known)
    assert known.remote() == {f"c_000{n}@example.com": "SKU-2" for n in range(4)}


def test_an_add_that_was_cut_off_is_not_finished(world: World) -> None:
    world.people(range(2))
    world.publish()
    world.set_remote(die=[1, "before"])
    with pytest.raises(discovery.find("shelf").Killed):  # type: ignore[attr-defined]
        run(world)
    world.mode = "update_only"
    world.publish()
    run(world)
    assert world.remote() == {}


def test_back_in_mirror_everyone_comes_and_goes_as_wanted(known: World) -> None:
    known.people(range(2, 6))
    known.contacts["c_0003"] = ("new@example.com", None)
    known.publish()
    run(known)
    known.mode = "mirror"
    known.publish()
    run(known)
    assert known.remote() == known.wanted()


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="mirror, upsert, update_only"):
        Audience("a", "", "marketing", "email", ("shelf",), mode="replace")
