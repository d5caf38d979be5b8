"""Each test has its own home; the toy destination joins the registry by its folder alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from activation import destinations
from sandbox.server import Running, running
from tests.activation.world import World

TOYS = Path(__file__).parent / "toy"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("SELVAGE_HOME", str(tmp_path))
    monkeypatch.setenv("SELVAGE_ENV", "sandbox")
    monkeypatch.setenv("SELVAGE_BRAND", "demo")
    monkeypatch.setenv("SHELF_PATH", str(tmp_path / "shelf.json"))
    monkeypatch.setattr(destinations, "__path__", [*destinations.__path__, str(TOYS)])
    return World(tmp_path)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One small shop's tools for all that leave its clock and limits alone; each test puts its own tool in order."""
    with running(tmp_path_factory.mktemp("vendors"), seed=7, people=300, days=30) as found:
        yield found
