"""A small shop whose product has a toy more of each kind, and Dagster's UI over it as a person starts it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psutil

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
STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
STEPS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { stepStats { stepKey status } } } }"
"""Reads all events of the run, each time that it is asked."""


@dataclass
class Shop:
    """The copy of the product that runs it, the home beside it, and (while a test uses it) the UI's address."""

    product: Path
    home: Path
    environment: dict[str, str]
    url: str

    def command(self, *words: str, timeout: float = 400) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *words], cwd=self.product, env=self.environment,
            capture_output=True, text=True, timeout=timeout, check=False,
        )  # fmt: skip

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

    def status(self, run_id: str) -> str:
        return str(self.ask(STATUS, id=run_id)["runOrError"]["status"])

    def steps(self, run_id: str) -> dict[str, str]:
        """Step -> its status."""
        return {step["stepKey"]: step["status"] for step in self.ask(STEPS, id=run_id)["runOrError"]["stepStats"]}

    def published(self) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home / "published" / "marts.duckdb"), read_only=True) as connection:
            return connection.execute("select distinct build_id, published_at from _build").fetchall()

    def ledger_files(self) -> list[Path]:
        return [path for path in (self.home / "ledger").rglob("*.parquet") if path.parent.name != "_schema"]

    @contextmanager
    def ui(self) -> Iterator[subprocess.Popen[str]]:
        """The UI in a process of its own; killed with all its children in the end."""
        port = self.url.rsplit(":", 1)[1]
        command = [sys.executable, "-m", "orchestration", "ui", "--port", port]
        log = self.home / "ui.log"  # a pipe that nobody reads would fill up and stop the run
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as out:
            process = subprocess.Popen(
                command, env=self.environment, cwd=self.product, stdout=out, stderr=out, text=True
            )
        try:
            wait(lambda: process.poll() is not None or self._answers(), 120, "the UI answers")
            assert process.poll() is None, log.read_text()
            yield process
        finally:
            process.kill()
            for child in children_of(process.pid):
                os.kill(child, signal.SIGKILL)

    def _answers(self) -> bool:
        try:
            return bool(self.ask(ASSETS)["assetNodes"])
        except OSError:
            return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait(until: Callable[[], bool], seconds: float, what: str, every: float = 0.5) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if until():
            return
        time.sleep(every)
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


def children_of(pid: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
