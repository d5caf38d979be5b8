"""The road: one small shop walked through every room, once for all acceptance tests.

Three runs of the command a newcomer types, each in a process of its own with a clean environment: the first, one right
after it, and one after the sandbox's clock moved by a day. The published files are kept as they were after each run, so
that tests compare states instead of running again.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

ROOT = Path(__file__).resolve().parent.parent
SEED, PEOPLE, DAYS = 11, 1200, 90


@dataclass
class Walk:
    """One run of the road and what it left behind."""

    output: str
    seconds: float
    folder: Path
    requests: list[dict[str, Any]] = field(default_factory=list)

    def marts(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.folder / "marts.duckdb"), read_only=True)

    def activation(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.folder / "activation.duckdb"), read_only=True)

    def warehouse(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.folder / "warehouse.duckdb"), read_only=True)


@dataclass
class Road:
    """A sandbox, a home beside it, and the walks so far."""

    sandbox: Any
    environment: dict[str, str]
    home: Path
    keep: Path
    walks: list[Walk] = field(default_factory=list)

    def command(self, *arguments: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def walk(self) -> Walk:
        before = len(self.sandbox.requests())
        started = time.monotonic()
        done = self.command("orchestration", "run")
        seconds = time.monotonic() - started
        assert done.returncode == 0, f"the run failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        folder = self.keep / f"walk_{len(self.walks) + 1}"
        folder.mkdir()
        shutil.copy2(self.home / "published" / "marts.duckdb", folder)
        shutil.copy2(self.home / "activation.duckdb", folder)
        shutil.copy2(self.home / "warehouse.duckdb", folder)
        walk = Walk(done.stdout, seconds, folder, self.sandbox.requests()[before:])
        self.walks.append(walk)
        return walk


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """What a bare machine has, and a home of our own: no credential, no setting of the developer's shell."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "SELVAGE_HOME": str(home), **more}


@pytest.fixture(scope="session")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    from sandbox.server import running

    base = tmp_path_factory.mktemp("road")
    with running(base, seed=SEED, people=PEOPLE, days=DAYS) as sandbox:
        environment = clean_environment(base, **sandbox.environment())
        keep = base / "walks"
        keep.mkdir()
        yield Road(sandbox, environment, base / "sandbox" / "demo", keep)


@pytest.fixture(scope="session")
def first(road: Road) -> Walk:
    return road.walk()


@pytest.fixture(scope="session")
def second(road: Road, first: Walk) -> Walk:
    return road.walk()


@pytest.fixture(scope="session")
def next_day(road: Road, second: Walk) -> Walk:
    road.sandbox.advance(days=1)
    return road.walk()


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The parsed dbt project."""
    target = tmp_path_factory.mktemp("manifest")
    environment = clean_environment(target)
    subprocess.run(
        [
            sys.executable,
            "-m",
            "dbt.cli.main",
            "parse",
            "--project-dir",
            "dbt_project",
            "--profiles-dir",
            "dbt_project",
            "--target-path",
            str(target),
            "--log-path",
            str(target),
        ],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
    )
    return json.loads((target / "manifest.json").read_text())
