"""The whole graph over a small shop, launched as a person does it from the UI; then what must stop it.

One home goes through all tests of this file, in their order: 'Materialize all' through the UI's GraphQL, with a bare
``dbt build`` beside it; SIGTERM during a second run; a red test; a stale source. About a minute and a half on two cores.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pytest

import selvage
from ingestion import discovery
from orchestration import run

from .conftest import Shared

SEED, PEOPLE, DAYS = 5, 150, 30
LAUNCH = """
mutation ($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""
ASSETS = "{ assetNodes { assetKey { path } isExecutable hasAssetChecks } }"
STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status stepStats { stepKey status } } } }"


@dataclass
class Shop:
    """A sandbox, the home beside it, and (while a test uses it) the UI."""

    shared: Shared
    sandbox: Any
    url: str

    @property
    def home(self) -> Path:
        with self.shared.entered() as home:
            return home

    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.shared.variables}

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
        assert "errors" not in answer, answer
        return dict(answer["data"])

    def materialize_all(self) -> str:
        """What the button does: one run of every asset. Returns the run's id."""
        nodes = [node for node in self.ask(ASSETS)["assetNodes"] if node["isExecutable"]]
        selector = {
            "repositoryLocationName": "orchestration.definitions",
            "repositoryName": "__repository__",
            "pipelineName": "__ASSET_JOB",
            "assetSelection": [{"path": node["assetKey"]["path"]} for node in nodes],
        }
        launched = self.ask(LAUNCH, params={"selector": selector, "runConfigData": {}, "mode": "default"})
        assert launched["launchPipelineExecution"]["__typename"] == "LaunchRunSuccess", launched
        return str(launched["launchPipelineExecution"]["run"]["runId"])

    def state(self, run_id: str) -> dict[str, Any]:
        return dict(self.ask(STATUS, id=run_id)["runOrError"])


@pytest.fixture(scope="module")
def shop(shared: Shared) -> Iterator[Shop]:
    from sandbox.server import running

    with running(shared.root, seed=SEED, people=PEOPLE, days=DAYS) as sandbox:
        shared.environment.update(sandbox.environment())
        yield Shop(shared, sandbox, f"http://127.0.0.1:{_free_port()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(until: Any, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if until():
            return
        time.sleep(0.5)
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


@pytest.fixture(scope="module")
def ui(shop: Shop) -> Iterator[subprocess.Popen[str]]:
    """The UI as a person starts it, in a process that is told to end with SIGTERM."""
    port = shop.url.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "orchestration", "ui", "--port", port]
    log = shop.home / "ui.log"  # a pipe that nobody reads would fill up and stop the run
    with log.open("w") as out:
        process = subprocess.Popen(command, env=shop.environment(), cwd=selvage.ROOT, stdout=out, stderr=out, text=True)
    try:
        _wait(lambda: process.poll() is not None or _answers(shop), 120, "the UI answers")
        assert process.poll() is None, log.read_text()
        yield process
    finally:
        process.kill()
        for child in _children_of(process.pid):
            os.kill(child, signal.SIGKILL)


def _answers(shop: Shop) -> bool:
    try:
        return bool(shop.ask(ASSETS)["assetNodes"])
    except OSError:
        return False


def _children_of(pid: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_materialize_all_from_the_ui_with_a_bare_dbt_build_beside_it(shop: Shop, ui: subprocess.Popen[str]) -> None:
    run_id = shop.materialize_all()
    _wait(lambda: _step(shop, run_id, "build_models") in ("IN_PROGRESS", "SUCCESS", "FAILURE"), 180, "models are built")
    bare = subprocess.run(
        [sys.executable, "-m", "warehouse.dbt", "build", "--select", "stg_shopify__customers", "dim_locations"],
        env=shop.environment(), cwd=selvage.ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert bare.returncode == 0, bare.stdout[-3000:]
    _wait(lambda: shop.state(run_id)["status"] in ("SUCCESS", "FAILURE", "CANCELED"), 300, "the run ends")
    assert shop.state(run_id)["status"] == "SUCCESS", shop.state(run_id)
    assert all(step["status"] == "SUCCESS" for step in shop.state(run_id)["stepStats"])
    marts = shop.home / "published" / "marts.duckdb"
    with duckdb.connect(str(marts), read_only=True) as connection:
        assert (connection.execute("select count(*) from fct_orders").fetchone() or [0])[0] > 0


def _step(shop: Shop, run_id: str, name: str) -> str | None:
    return next((step["status"] for step in shop.state(run_id)["stepStats"] if step["stepKey"] == name), None)


def test_sigterm_during_a_run_leaves_no_process(shop: Shop, ui: subprocess.Popen[str]) -> None:
    run_id = shop.materialize_all()
    _wait(lambda: bool(shop.state(run_id)["stepStats"]), 120, "the run's first step")
    children = _children_of(ui.pid)
    assert len(children) >= 4, "code server, web server, daemon and the run were expected"
    ui.terminate()
    assert ui.wait(timeout=60) == 0
    _wait(lambda: not any(_lives(pid) for pid in children), 15, "every child has ended")


def test_a_red_test_stops_publishing_and_syncing(shop: Shop, capfd: pytest.CaptureFixture[str]) -> None:
    before, sent = published(shop), len(ledger_files(shop))
    with duckdb.connect(str(shop.home / "warehouse.duckdb")) as connection:
        connection.execute("update raw_shopify.orders set currency_code = null")
    try:
        with shop.shared.entered():
            assert run.run() == 1
    finally:
        with duckdb.connect(str(shop.home / "warehouse.duckdb")) as connection:
            connection.execute("update raw_shopify.orders set currency_code = 'USD'")
    told = capfd.readouterr()
    assert "build models: dbt build failed" in told.err
    assert "Next: " in told.err
    assert "publish" not in told.out
    assert "sync" not in told.out
    assert published(shop) == before
    assert len(ledger_files(shop)) == sent


def test_a_stale_source_stops_the_run_before_anything_is_built(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from orchestration import definitions, graph  # loading the definitions reads the environment

    before = published(shop)
    stale = next(name for name, module in discovery.sources().items() if module.FRESHNESS is not None)
    monkeypatch.setattr(discovery.sources()[stale], "FRESHNESS", timedelta(seconds=-1))
    with shop.shared.entered():
        monkeypatch.setattr(definitions, "defs", graph.build())
        assert run.run() == 1
    told = capfd.readouterr()
    assert f"check freshness: {stale} was last read" in told.err
    assert "build " not in told.out
    assert published(shop) == before


def published(shop: Shop) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(shop.home / "published" / "marts.duckdb"), read_only=True) as connection:
        return connection.execute("select distinct build_id, published_at from _build").fetchall()


def ledger_files(shop: Shop) -> list[Path]:
    return [path for path in (shop.home / "ledger").rglob("*.parquet") if path.parent.name != "_schema"]
