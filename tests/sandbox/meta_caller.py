"""A plain caller of the sandbox's Meta, and questions to the world behind it."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any
from urllib.parse import urlencode

import duckdb

from sandbox.server import Running
from tests.sandbox.conftest import Answer, request

ACCOUNT = "act_900100200"
DAILY = {"level": "ad", "time_increment": 1, "breakdowns": ["publisher_platform"], "limit": 1000}


def coded(params: dict[str, Any]) -> str:
    """Parameters as the vendor's own clients write them: text as it is, everything else as JSON."""
    return urlencode({name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()})


class Meta:
    """Calls with the token in a header; forms and JSON bodies."""

    def __init__(self, server: Running, version: str = "v26.0") -> None:
        self.server, self.base = server, f"{server.url}/meta/{version}"
        self.headers = {"Authorization": "Bearer meta_sandbox"}

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, **params: Any) -> Answer:
        """A body goes as JSON."""
        url = path if path.startswith("http") else f"{self.base}/{path}"
        headers = self.headers | ({"Content-Type": "application/json"} if body is not None else {})
        return request(f"{url}?{coded(params)}" if params else url, headers, body, method)

    def form(self, method: str, path: str, **params: Any) -> Answer:
        return request(f"{self.base}/{path}", self.headers, coded(params).encode(), method)

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        answer = self.call("GET", path, **params)
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        return found

    def pages(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All rows, following paging.next."""
        page = self.get(path, **params)
        rows: list[dict[str, Any]] = page["data"]
        while "next" in page.get("paging", {}):
            page = self.get(page["paging"]["next"])
            rows += page["data"]
        return rows

    def insights(self, since: str, until: str, **params: Any) -> list[dict[str, Any]]:
        asked = {**DAILY, "time_range": {"since": since, "until": until}, **params}
        return self.pages(f"{ACCOUNT}/insights", **asked)

    def report(self, **params: Any) -> tuple[str, list[dict[str, Any]]]:
        """Ask for a report and wait; its id, and what it said of itself on the way."""
        answer = self.form("POST", f"{ACCOUNT}/insights", **params)
        assert answer.status == 200, answer.body
        key, seen = str(answer.json["report_run_id"]), []
        for _ in range(400):
            seen.append(self.get(key))
            if seen[-1]["async_status"] in ("Job Completed", "Job Failed"):
                return key, seen
            time.sleep(0.02)
        raise AssertionError(f"the report does not end: {seen[-1]}")

    def audience(self, name: str) -> str:
        answer = self.form("POST", f"{ACCOUNT}/customaudiences", name=name, subtype="CUSTOM",
                           customer_file_source="USER_PROVIDED_ONLY")  # fmt: skip
        assert answer.status == 200, answer.body
        return str(answer.json["id"])

    def believed(self, audience: str) -> dict[str, Any]:
        found: dict[str, Any] = request(f"{self.server.url}/meta/_sandbox/audiences/{audience}", {}).json
        return found

    def world(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the world's tables (``{folder}``), the truth (``{truth}``), as of ``{now}``."""
        now = self.server.now.replace(tzinfo=None)
        with duckdb.connect() as connection:
            asked = query.format(folder=self.server.world, truth=self.server.truth, now=now)
            return connection.execute(asked, values or None).fetchall()


def error(answer: Answer) -> tuple[int, int | None]:
    """Code and subcode of a refusal."""
    assert answer.status >= 400, answer.body
    found = answer.json["error"]
    assert {"message", "type", "code", "fbtrace_id"} <= set(found)
    return found["code"], found.get("error_subcode")


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def session(key: int, sequence: int = 1, is_last: bool = True, total: int = 0) -> dict[str, Any]:
    return {"session_id": key, "batch_seq": sequence, "last_batch_flag": is_last, "estimated_num_total": total}
