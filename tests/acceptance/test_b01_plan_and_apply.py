"""B01: a stale plan sends nothing, and who removes more than the guard allows has to be named."""

from __future__ import annotations

import pytest

from activation.__main__ import main
from tests.activation.world import World


def test_a_stale_plan_ends_with_an_error_and_no_call(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.people(range(3))
    world.publish()
    main(["plan"])
    world.publish()
    assert main(["apply"]) == 1
    assert "StalePlan" in capsys.readouterr().err
    assert world.shelf.read()["calls"] == []


def test_the_guard_asks_for_a_name(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.max_removal_share = 0.1
    world.people(range(4))
    world.publish()
    assert main(["plan"]) == main(["apply"]) == 0
    world.people(range(2))
    world.publish()
    assert main(["plan"]) == 0
    assert "RemovalGuard" in capsys.readouterr().out
    before = world.shelf.read()
    assert main(["apply"]) == 1
    assert world.shelf.read() == before, "neither a call nor a change"
    assert main(["apply", "--approved-by", "Ana"]) == 0
    assert world.remote() == world.wanted()
