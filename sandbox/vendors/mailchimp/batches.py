"""Batches: many operations taken at once and done later, in no promised order (here: from the last to the first).

    POST /batches -> pending -> preprocessing -> started -> finalizing -> finished, in sandbox time

A finished batch names a tar.gz of JSON files with one status_code and response per operation_id, at an address that is
signed by itself: a call to it with an Authorization header is refused, as the store that it stands for does. Results
are kept for seven days of the sandbox's clock. Fault ``job_failed``: the next batch that is asked for is forgotten.
"""

from __future__ import annotations

import gzip
import io
import secrets
import tarfile
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from sandbox.context import Context
from sandbox.vendors.mailchimp.gate import Call, Problem, invalid, not_found

MOST_PENDING, KEPT, ROWS_A_FILE = 500, timedelta(days=7), 100
BASE_SECONDS, ROW_SECONDS = 20.0, 0.05
STATES = ("pending", "preprocessing", "started", "finalizing")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
TABLE = """create table if not exists mailchimp_batches (
    id text primary key, number integer not null, submitted text not null, operations text not null,
    done integer not null, results text not null, token text not null)"""


class Batches:
    """The calls on batches. ``run`` does one operation, as the gate does a call."""

    def __init__(self, context: Context) -> None:
        self._context, self._state, self._lock = context, context.state, threading.RLock()
        self.run: Callable[..., Any] = lambda *_: None
        self._forgotten: set[str] = set()
        self._state.execute(TABLE)
        # What a stopped server left behind is due at once.
        left = self._state.rows("select id from mailchimp_batches where not done order by number")
        self._began: dict[str, float] = {key: float("-inf") for (key,) in left}

    def create(self, call: Call) -> dict[str, Any]:
        operations = call.body.get("operations")
        if not isinstance(operations, list) or not operations:
            raise invalid("operations", "This value should not be blank.")
        for one in operations:
            if (
                not isinstance(one, dict)
                or one.get("method") not in METHODS
                or not str(one.get("path")).startswith("/")
            ):
                raise invalid("operations", "An operation needs a method and a path that begins with a slash.")
            if not isinstance(one.get("body", ""), str):
                raise invalid("operations", "The body of an operation is JSON as text.")
        if len(self._began) >= MOST_PENDING:
            detail = f"You have more than {MOST_PENDING} pending batches."
            raise Problem(429, "Too Many Requests", detail)
        key, content = secrets.token_hex(5), orjson.dumps(operations).decode()
        self._state.execute(
            """insert into mailchimp_batches
            select ?, coalesce(max(number), 0) + 1, ?, ?, 0, '[]', ? from mailchimp_batches""",
            (key, self._context.clock.now.isoformat(), content, secrets.token_hex(16)),
        )
        self._began[key] = self._context.clock.seconds()
        return self._document(key, call.base)

    def get(self, call: Call) -> dict[str, Any]:
        if self._context.faults.take("mailchimp", "job_failed"):
            self._forgotten.add(call.parts["batch"])
        return self._document(call.parts["batch"], call.base)

    def settle(self) -> None:
        """Do every batch whose time has come, one after the other."""
        with self._lock:
            for key in [key for key in self._began if self._progress(key) >= 1]:
                self._apply(key)
                del self._began[key]

    async def download(self, request: Request) -> Response:
        if request.headers.get("authorization"):
            error = "<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>"
            return Response(error, 400, media_type="application/xml")
        found = await run_in_threadpool(
            self._state.rows, "select results from mailchimp_batches where token = ?", (request.path_params["name"],)
        )
        if not found:
            return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
        return Response(_archive(orjson.loads(found[0][0])), media_type="application/x-gzip")

    def _progress(self, key: str) -> float:
        found = self._state.rows("select operations from mailchimp_batches where id = ?", (key,))
        needed = BASE_SECONDS + len(orjson.loads(found[0][0])) * ROW_SECONDS if found else 1.0
        return (self._context.clock.seconds() - self._began[key]) / needed

    def _apply(self, key: str) -> None:
        found = self._state.rows("select operations from mailchimp_batches where id = ?", (key,))
        results = []
        for one in reversed(orjson.loads(found[0][0]) if found else []):
            path = one["path"].strip("/")
            params = {name: str(value).lower() for name, value in (one.get("params") or {}).items()}
            try:
                status, body = 200, self.run(one["method"], path, params, one.get("body") or "")
                status, body = (204, {}) if body is None else (status, body)
            except Problem as problem:
                status, body = problem.status, problem.body
            text = orjson.dumps(body).decode() if body else ""
            results.append({"status_code": status, "operation_id": one.get("operation_id"), "response": text})
        query = "update mailchimp_batches set done = 1, results = ? where id = ?"
        self._state.execute(query, (orjson.dumps(results).decode(), key))

    def _document(self, key: str, base: str) -> dict[str, Any]:
        columns = "submitted, operations, done, results, token"
        found = self._state.rows(f"select {columns} from mailchimp_batches where id = ?", (key,))
        if not found or key in self._forgotten or datetime.fromisoformat(found[0][0]) + KEPT < self._context.clock.now:
            raise not_found()
        submitted, operations, done, results, token = found[0]
        total, answers = len(orjson.loads(operations)), orjson.loads(results)
        state = "finished" if done else STATES[min(int(self._progress(key) * len(STATES)), len(STATES) - 1)]
        return {
            "id": key,
            "status": state,
            "total_operations": total,
            "finished_operations": total if done else 0,
            "errored_operations": sum(one["status_code"] >= 400 for one in answers),
            "submitted_at": submitted,
            "completed_at": submitted if done else "",
            "response_body_url": f"{base}/_results/{token}.tar.gz" if done else "",
        }


def _archive(results: list[dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for number, begin in enumerate(range(0, len(results), ROWS_A_FILE)):
            content = orjson.dumps(results[begin : begin + ROWS_A_FILE])
            about = tarfile.TarInfo(f"./{secrets.token_hex(5)}-{number}.json")
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)
