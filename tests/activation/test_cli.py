"""``python -m activation``: a plan is shown before anything is sent; refusals end with a code of their own."""

from __future__ import annotations

import json

import pytest

from activation.__main__ import main
from tests.activation.world import AUDIENCE, World


def test_plan_apply_status(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    assert (world.settings.ledger / "_schema" / "empty.parquet").exists()
    world.people(range(7))
    world.holdout = 0.2
    world.publish()
    assert main(["plan"]) == 0
    shown = capsys.readouterr().out
    assert f"{AUDIENCE} -> shelf" in shown
    assert "held out" in shown
    assert "add     c_0" in shown
    assert "example.com" not in shown
    assert world.shelf.read()["calls"] == []
    assert main(["apply", AUDIENCE, "--json"]) == 0
    (result,) = json.loads(capsys.readouterr().out)
    assert result["accepted"] == len(world.wanted())
    assert world.remote() == world.wanted()
    assert main(["status", "--json"]) == 0
    (status,) = json.loads(capsys.readouterr().out)
    assert status["members"] == len(world.wanted())
    assert status["last_run"]["sync_run_id"] == result["sync_run_id"]


def test_mistakes_are_named(world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["plan"]) == 2
    assert "no green build" in capsys.readouterr().err
    world.people(range(3))
    world.publish()
    assert main(["apply"]) == 2
    assert "has no plan yet" in capsys.readouterr().err
    assert main(["plan", "nobody"]) == 2
    main(["plan"])
    monkeypatch.delenv("SHELF_PATH")
    assert main(["apply"]) == 2
    assert "SHELF_PATH" in capsys.readouterr().err
