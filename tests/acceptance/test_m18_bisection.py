"""M18: one bad record in a batch that is refused as a whole costs one record."""

from __future__ import annotations

from tests.activation.world import World, run


def test_bisection_finds_one_in_a_thousand(world: World) -> None:
    world.people(range(1000))
    world.set_remote(poison=["c_0617@example.com"])
    world.publish()
    result = run(world)
    assert (result.accepted, result.rejected) == (999, 1)
    assert len(world.shelf.read()["calls"]) <= 22
    (row,) = [row for row in world.ledger_rows() if row["status"] == "rejected"]
    assert (row["customer_id"], row["reason"]) == ("c_0617", "poison")
    assert row["request_id"].startswith("request-")
    assert len(world.ledger_rows()) == 1000


def test_when_everything_is_refused_bisection_gives_up(world: World) -> None:
    world.people(range(1000))
    world.set_remote(poison=[f"c_{n:04d}@example.com" for n in range(1000)])
    world.publish()
    result = run(world)
    assert (result.accepted, result.rejected) == (0, 1000)
    assert len(world.shelf.read()["calls"]) < 400
