"""One small world and its server for all tests of this room; a second server at speed 1 for the limits."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import pytest

from sandbox.brand.world import World, make_world
from sandbox.server import Running, running

from .brand_world import DAYS, OFTEN, PEOPLE, SEED

Told = list[tuple[dict[str, str], bytes]]
SIZE = {"seed": 7, "people": 600, "days": 60}


@dataclass
class Answer:
    """An HTTP answer, whatever its status."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def request(url: str, headers: dict[str, str], body: Any = None, method: str | None = None) -> Answer:
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    asked = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=60) as answer:
            return Answer(answer.status, {key.lower(): value for key, value in answer.headers.items()}, answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, {key.lower(): value for key, value in error.headers.items()}, error.read())


def shown(server: Running, sql: str) -> list[Any]:
    """The first column of a query over the tables of a server's world, all versions and all that is still to come."""
    with duckdb.connect() as connection:
        for path in server.world.glob("*.parquet"):
            connection.execute(f"create view {path.stem} as select * from read_parquet('{path}')")
        return [row[0] for row in connection.execute(sql).fetchall()]


class Shopify:
    """A plain caller of the sandbox's Shopify."""

    def __init__(self, server: Running):
        self.server, self.base = server, f"{server.url}/shopify"
        self.headers = {"X-Shopify-Access-Token": "shpat_sandbox", "Content-Type": "application/json"}

    def post(self, query: str, variables: dict[str, Any] | None = None) -> Answer:
        body = {"query": query, "variables": variables or {}}
        return request(f"{self.base}/admin/api/2026-10/graphql.json", self.headers, body)

    def query(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.post(query, variables).json
        assert "errors" not in answer, answer["errors"]
        found: dict[str, Any] = answer["data"]
        return found

    def pages(self, name: str, selection: str, args: str = "first: 50") -> list[dict[str, Any]]:
        """All nodes of a root connection by cursor."""
        nodes: list[dict[str, Any]] = []
        after = None
        while True:
            query = f"query($after: String) {{ {name}({args}, after: $after) {{ nodes {{ {selection} }} pageInfo {{ hasNextPage endCursor }} }} }}"
            page = self.query(query, {"after": after})[name]
            nodes += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return nodes
            after = page["pageInfo"]["endCursor"]

    def bulk(self, query: str, group: bool = False) -> list[dict[str, Any]]:
        """Run a bulk query to its end and read its lines."""
        mutation = "mutation($q: String!, $g: Boolean!) { bulkOperationRunQuery(query: $q, groupObjects: $g) { bulkOperation { id status } userErrors { code message } } }"
        started = self.query(mutation, {"q": query, "g": group})["bulkOperationRunQuery"]
        assert started["userErrors"] == [], started
        for _ in range(600):
            poll = "query($id: ID!) { bulkOperation(id: $id) { status url objectCount errorCode } }"
            one = self.query(poll, {"id": started["bulkOperation"]["id"]})["bulkOperation"]
            if one["status"] not in ("CREATED", "RUNNING"):
                break
            time.sleep(0.02)
        assert one["status"] == "COMPLETED", one
        lines = request(one["url"], {}).body.splitlines() if one["url"] else []
        assert len(lines) == int(one["objectCount"])
        return [json.loads(line) for line in lines]


class Klaviyo:
    """A plain caller of the sandbox's Klaviyo."""

    def __init__(self, server: Running):
        self.server, self.base = server, f"{server.url}/klaviyo/api"
        self.headers = {"Authorization": "Klaviyo-API-Key pk_sandbox", "revision": "2026-07-15"}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        url = path if path.startswith("http") else f"{self.base}/{path}"
        return request(url, {**self.headers, **headers}, body, method)

    def get(self, path: str) -> dict[str, Any]:
        answer = self.call("GET", path)
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        return found

    def pages(self, path: str) -> list[dict[str, Any]]:
        """All rows, following links.next."""
        rows: list[dict[str, Any]] = []
        following: str | None = path
        while following:
            page = self.get(following)
            rows += page["data"]
            following = page["links"]["next"]
        return rows

    def import_profiles(
        self, rows: list[dict[str, Any]], lists: list[str] | None = None
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Import rows, wait for the job; returns its attributes and its errors."""
        data: dict[str, Any] = {
            "type": "profile-bulk-import-job",
            "attributes": {"profiles": {"data": [{"type": "profile", "attributes": row} for row in rows]}},
        }
        if lists:
            data["relationships"] = {"lists": {"data": [{"type": "list", "id": one} for one in lists]}}
        created = self.call("POST", "profile-bulk-import-jobs", {"data": data})
        assert created.status == 202, created.body
        key = created.json["data"]["id"]
        for _ in range(600):
            job = self.get(f"profile-bulk-import-jobs/{key}")["data"]
            if job["attributes"]["status"] == "complete":
                break
            time.sleep(0.02)
        return job["attributes"], self.pages(f"profile-bulk-import-jobs/{key}/import-errors")

    def new_list(self, name: str) -> str:
        created = self.call("POST", "lists", {"data": {"type": "list", "attributes": {"name": name}}})
        assert created.status == 201, created.body
        return str(created.json["data"]["id"])


@pytest.fixture(scope="session")
def sandbox_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture(scope="session")
def server(sandbox_home: Path) -> Iterator[Running]:
    with running(sandbox_home, **SIZE) as found:
        yield found


@pytest.fixture(scope="session")
def slow_server(sandbox_home: Path, server: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The same world in a home of its own, at speed 1: limits as the vendors have them."""
    home = tmp_path_factory.mktemp("slow")
    (home / "vendors").mkdir()
    for name in ("world", "truth"):
        (home / "vendors" / name).symlink_to(sandbox_home / "vendors" / name)
    with running(home, **SIZE, speed=1.0) as found:
        yield found


@pytest.fixture(scope="session")
def shopify(server: Running) -> Shopify:
    return Shopify(server)


@pytest.fixture(scope="session")
def klaviyo(server: Running) -> Klaviyo:
    return Klaviyo(server)


@pytest.fixture(scope="session")
def brand_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("brand")


@pytest.fixture(scope="session")
def brand(brand_home: Path) -> World:
    return make_world(SEED, PEOPLE, DAYS, brand_home, scenarios=OFTEN)


@pytest.fixture
def everything(brand: World) -> Iterator[duckdb.DuckDBPyConnection]:
    """A view of every table with all versions and all that is still to come, and ``truth_<table>``."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for prefix, folder in (("", brand.folder), ("truth_", brand.truth)):
            for path in folder.glob("*.parquet"):
                connection.execute(f"create view {prefix}{path.stem} as select * from read_parquet('{path}')")
        yield connection


@pytest.fixture
def listener() -> Iterator[tuple[str, Told]]:
    """An address, and what was posted to it."""
    told: Told = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.append(({key.lower(): value for key, value in self.headers.items()}, body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            """Give back the challenge of whoever asks first."""
            asked = parse_qs(urlsplit(self.path).query)
            told.append(({name: values[0] for name, values in asked.items()}, b""))
            body = asked["hub.challenge"][0].encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", told
        server.shutdown()
        thread.join()
