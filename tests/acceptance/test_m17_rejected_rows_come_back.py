"""M17: a row that a destination rejected is in the next plan, until it is acknowledged or given up by rule."""

from __future__ import annotations

from activation import sync
from activation.diff import MAX_REJECTIONS
from tests.activation.world import AUDIENCE, World, run


def test_rejected_rows_come_back_until_they_are_taken(world: World) -> None:
    world.people(range(5))
    world.set_remote(reject=["c_0003@example.com"])
    world.publish()
    first = run(world)
    assert (first.accepted, first.rejected, first.rejected_reasons) == (4, 1, {"invalid: email": 1})
    second = sync.plan(AUDIENCE, "shelf")
    assert (second.adds, second.counts["retried"]) == (1, 1)
    assert second.actions["customer_id"].to_pylist() == ["c_0003"]
    world.set_remote(reject=[])
    sync.apply(second)
    assert world.remote() == world.wanted()
    assert sync.plan(AUDIENCE, "shelf").is_empty


def test_rejections_of_the_same_content_end_and_new_content_starts_again(world: World) -> None:
    world.people(range(1))
    world.set_remote(reject=["c_0000@example.com"])
    world.publish()
    for _ in range(MAX_REJECTIONS):
        assert run(world).rejected == 1
    made = sync.plan(AUDIENCE, "shelf")
    assert made.is_empty
    assert made.counts["expired"] == 1
    world.people(range(1), product="SKU-2")
    world.publish()
    assert sync.plan(AUDIENCE, "shelf").adds == 1


def test_a_refused_removal_keeps_the_member_in_the_state(world: World) -> None:
    world.people(range(2))
    world.publish()
    run(world)
    world.members["c_0001"] = "SKU-2"
    world.set_remote(reject=["c_0001@example.com"])
    world.publish()
    assert run(world).rejected == 1
    made = sync.plan(AUDIENCE, "shelf")
    assert (made.adds, made.updates) == (0, 1)
