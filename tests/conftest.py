"""The road: one small shop walked through every room, once for all acceptance tests.

Three runs of the command a newcomer types, each in a process of its own with a clean environment: the first, one right
after it, and one after the sandbox's clock moved by a day. The published files are kept as they were after each run, so
that tests compare states instead of running again. As the second run has nothing to build, every model is built again
between the first and it, by dbt alone.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parent.parent
SEED, PEOPLE, DAYS = 11, 1200, 90
DESTINATIONS = ("klaviyo", "meta", "google", "tiktok", "shopify", "zendesk", "hubspot")
WITHOUT_MEMBERS = {"aud_marketplace_buyers", "aud_new_arrivals", "aud_replenishment_due"}
"""Audiences that nobody of this small world belongs to, on any of its days."""
READS_BY_POST = ("/insights", "/token", "/tokens", "/read", "/search", "/graphql.json")
"""What is asked for by POST and changes nothing: a report, a token, contacts. Of GraphQL that can't be told by the path:
what Shopify was told is seen by when its customers last changed."""


@dataclass
class Walk:
    """One run of the road and what it left behind."""

    output: str
    cpu_seconds: float
    folder: Path
    now: datetime
    """The vendors' clock, UTC without zone."""
    landed_rows: int
    writes: int
    """Requests other than reads that the destinations got during this run."""
    imported_profiles: int
    """Profiles in all import jobs that Klaviyo ever took."""
    lists: dict[str, frozenset[str]]
    """List -> e-mails on it after the run, as Klaviyo's API tells them."""
    custom_audiences: dict[str, frozenset[str]]
    """Custom audience -> our customer ids of the rows it holds after the run, as the sandbox's Meta knows them."""
    tagged: dict[str, str]
    """Customer at Shopify that bears our tags after the run -> when it last changed there."""
    uploads: dict[str, tuple[int, int]]
    """Session of an upload to Meta -> rows received and rows found invalid, as Meta's API tells them."""

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
        return self.python("-m", *arguments, timeout=timeout)

    def python(self, *words: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def walk(self) -> Walk:
        before = self._writes()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = self.command("orchestration", "run")
        since = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode == 0, f"the run failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        folder = self.keep / f"walk_{len(self.walks) + 1}"
        folder.mkdir()
        shutil.copy2(self.home / "published" / "marts.duckdb", folder)
        shutil.copy2(self.home / "activation.duckdb", folder)
        shutil.copy2(self.home / "warehouse.duckdb", folder)
        account = json.loads((self.home / "work" / "last_run.json").read_text())
        walk = Walk(
            output=done.stdout,
            cpu_seconds=since.ru_utime + since.ru_stime - used.ru_utime - used.ru_stime,
            folder=folder,
            now=self.sandbox.now.replace(tzinfo=None),
            landed_rows=sum(count["rows"] for count in account["landed"].values()),
            writes=self._writes() - before,
            imported_profiles=sum(job["total_count"] for job in self.klaviyo("profile-bulk-import-jobs")),
            lists={
                each["name"]: frozenset(
                    profile["email"]
                    for profile in self.klaviyo(f"lists/{each['id']}/profiles", **{"page[size]": "100"})
                )
                for each in self.klaviyo("lists")
            },
            custom_audiences=dict(self._custom_audiences()),
            tagged=dict(self._tagged()),
            uploads=dict(self._uploads()),
        )
        self.walks.append(walk)
        return walk

    def klaviyo(self, path: str, **parameters: str) -> list[dict[str, Any]]:
        """All attributes (and the id) that Klaviyo lists under a path, page by page."""
        url: str | None = f"{self.sandbox.url}/klaviyo/api/{path}"
        headers = {"Authorization": "Klaviyo-API-Key pk_sandbox", "revision": "2026-07-15"}
        found = []
        while url:
            answer = requests.get(url, params=parameters, headers=headers, timeout=30)
            answer.raise_for_status()
            found += [{"id": one["id"], **one["attributes"]} for one in answer.json()["data"]]
            url, parameters = (answer.json().get("links") or {}).get("next"), {}
        return found

    def meta(self, path: str, **parameters: str) -> dict[str, Any]:
        headers = {"Authorization": "Bearer meta_sandbox"}
        answer = requests.get(f"{self.sandbox.url}/meta/{path}", params=parameters, headers=headers, timeout=30)
        answer.raise_for_status()
        return dict(answer.json())

    def _custom_audiences(self) -> Iterator[tuple[str, frozenset[str]]]:
        for each in self.meta("_sandbox/audiences")["audiences"]:
            rows = self.meta(f"_sandbox/audiences/{each['audience_id']}")["rows"]
            yield each["name"], frozenset(row["extern_id"] for row in rows)

    def _tagged(self) -> Iterator[tuple[str, str]]:
        asked = """query($tag: String!, $after: String) { customers(query: $tag, first: 250, after: $after) {
            nodes { id updatedAt } pageInfo { hasNextPage endCursor } } }"""
        url, after = f"{self.sandbox.url}/shopify/admin/api/2026-10/graphql.json", None
        headers = {"X-Shopify-Access-Token": "shpat_sandbox"}
        while True:
            body = {"query": asked, "variables": {"tag": 'tag:"selvage/customer_profiles"', "after": after}}
            page = requests.post(url, json=body, headers=headers, timeout=30).json()["data"]["customers"]
            yield from ((one["id"], one["updatedAt"]) for one in page["nodes"])
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    def _uploads(self) -> Iterator[tuple[str, tuple[int, int]]]:
        for each in self.meta("_sandbox/audiences")["audiences"]:
            for one in self.meta(f"v26.0/{each['audience_id']}/sessions", limit="500")["data"]:
                yield one["session_id"], (int(one["num_received"]), int(one["num_invalid_entries"]))

    def _writes(self) -> int:
        """Calls that tell a destination something."""
        return sum(
            row["count"]
            for row in self.sandbox.requests()
            if row["vendor"] in DESTINATIONS and row["method"] != "GET" and not row["path"].endswith(READS_BY_POST)
        )


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """What a bare machine has, and a home of our own: no credential, no setting of the developer's shell."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "SELVAGE_HOME": str(home), **more}


FAST = (
    "test_docs.py",
    "sandbox",
    "contracts",
    "customer_value",
    "demand_forecast",
    "attribution",
    "identity",
    "activation",
    "ingestion",
    "models",
    "dashboards",
    "orchestration",
    "acceptance",
)
FASTEST = FAST.index("activation")
"""So many rooms come before what takes minutes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Rooms in order, the fast ones first; what takes minutes as soon as these are through, so that all workers end
    together. Of several workers one walks the road from the first moment on: that takes as long as all else takes
    the others."""
    items.sort(key=lambda item: _place(item.path.relative_to(ROOT).as_posix()))


@cache
def _place(file: str) -> tuple[int, int]:
    text = (ROOT / file).read_text()
    dear = next((place for place, (_, name) in enumerate(DEAR) if re.search(name, text)), None)
    room = FAST.index(Path(file).parts[1])
    if dear is None:
        return (room, 0)
    early = 0 if dear == 0 and "PYTEST_XDIST_WORKER" in os.environ else FASTEST  # the road
    return (min(room, early), dear - len(DEAR))


DEAR = (
    ("the road", r"\b(Road|Walk)\b"),
    ("the empty shop", r"\b(empty_shop|compiled)\b"),  # those below start from it, or wait for it
    ("", r"complete_journey|\bShop\b"),
    ("the worlds", r"\bSeeds\b"),
    ("the stock of a world", r"\bReadings\b"),
    ("", r"\bMiniWarehouse\b"),
)
"""What takes long, the longest first: the home that it makes, if several files share one, and what such a file names."""


class OneWorkerPerHome(LoadScopeScheduling):
    """Tests of one file share a home, and so do all files of one dear home: each group stays on one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return _home(nodeid.split("::", 1)[0])


@cache
def _home(file: str) -> str:
    text = (ROOT / file).read_text()
    return next((home for home, name in DEAR if home and re.search(name, text)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return OneWorkerPerHome(config, log)


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
def rebuilt(road: Road, first: Walk) -> Path:
    """The warehouse after every table was built again from the same rows."""
    words = ("run", "--exclude", "tag:sync", "config.materialized:view")
    done = road.python("-c", f"from warehouse import dbt; dbt.invoke(*{words})")
    assert done.returncode == 0, done.stderr[-4000:]
    (road.keep / "rebuilt").mkdir()
    return Path(shutil.copy2(road.home / "warehouse.duckdb", road.keep / "rebuilt"))


@pytest.fixture(scope="session")
def second(road: Road, rebuilt: Path) -> Walk:
    """Right after the first."""
    return road.walk()


@pytest.fixture(scope="session")
def next_day(road: Road, second: Walk) -> Walk:
    road.sandbox.advance(days=1)
    return road.walk()


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The parsed dbt project."""
    from warehouse import dbt

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SELVAGE_HOME", str(tmp_path_factory.mktemp("manifest")))
        patch.delenv("SELVAGE_ENV", raising=False)
        patch.delenv("SELVAGE_BRAND", raising=False)
        return dbt.manifest()
