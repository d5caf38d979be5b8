"""The gate before every call: key, ten connections at a time, and errors as problem+json.

There are no rate headers. More than ten calls under way get 429, and under heavy load a bare 403 without JSON. The
operations of a batch go through ``Gate.run`` as well, without a connection of their own.
"""

from __future__ import annotations

import base64
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.context import Context

if TYPE_CHECKING:
    from sandbox.vendors.mailchimp.batches import Batches

KEY, LIST_ID = "mailchimp0sandbox-us21", "a1b2c3d4e5"
MOST_CONNECTIONS = 10
GLOSSARY = "https://mailchimp.com/developer/marketing/docs/errors/"


class Problem(Exception):
    """An error as Mailchimp answers it."""

    def __init__(self, status: int, title: str, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(title)
        self.status = status
        self.body: dict[str, Any] = {
            "type": GLOSSARY,
            "title": title,
            "status": status,
            "detail": detail,
            "instance": str(uuid.uuid4()),
        }
        if errors:
            self.body["errors"] = errors


@dataclass(frozen=True)
class Call:
    """One call: the parts of its path, its parameters and its body."""

    parts: dict[str, str]
    params: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    base: str = ""

    def page(self, rows: list[Any], name: str, most: int = 1000) -> dict[str, Any]:
        """``count`` rows from ``offset`` on, ten unless asked."""
        count, offset = (int(self.params.get(key) or default) for key, default in (("count", 10), ("offset", 0)))
        if count > most:
            raise invalid("count", f"This value should be {most} or less.")
        return {name: rows[offset : offset + count], "total_items": len(rows)}


Handler = Callable[[Call], Any]
Handlers = dict[tuple[str, str], Handler]


def invalid(name: str, message: str) -> Problem:
    detail = "The resource submitted could not be validated. For field-specific details, see the 'errors' array."
    return Problem(400, "Invalid Resource", detail, [{"field": name, "message": message}])


def not_found() -> Problem:
    return Problem(404, "Resource Not Found", "The requested resource could not be found.")


class Gate:
    """One route for all paths. A handler returns a document, or None for 204."""

    def __init__(self, context: Context, handlers: Handlers, batches: Batches) -> None:
        self._context, self._batches = context, batches
        self._handlers = [(method, re.compile(path), handler) for (method, path), handler in handlers.items()]
        self._under_way, self._lock = 0, threading.Lock()
        batches.run = self.run

    def route(self) -> Route:
        async def endpoint(request: Request) -> Response:
            self._under_way += 1  # before the body: a connection counts from its first byte
            try:
                if self._under_way > MOST_CONNECTIONS or self._context.faults.take("mailchimp", "throttle"):
                    detail = f"You have exceeded the limit of {MOST_CONNECTIONS} simultaneous connections."
                    return _problem(Problem(429, "Too Many Requests", detail))
                if self._context.faults.take("mailchimp", "transient"):
                    return Response("<html><body>403 Forbidden</body></html>", 403, media_type="text/html")
                raw = await request.body()
                return await run_in_threadpool(self._serve, request, raw)
            finally:
                self._under_way -= 1

        return Route("/3.0/{path:path}", endpoint, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])

    def _serve(self, request: Request, raw: bytes) -> Response:
        try:
            self._authorise(request)
            with self._lock:
                self._batches.settle()
                path, params = request.path_params["path"].strip("/"), dict(request.query_params)
                base = f"{request.url.scheme}://{request.url.netloc}{request.scope.get('sandbox.prefix', '')}"
                found = self.run(request.method, path, params, raw, base)
        except Problem as problem:
            return _problem(problem)
        if found is None:
            return Response(status_code=204)
        return Response(orjson.dumps(found), media_type="application/json; charset=utf-8")

    def run(self, method: str, path: str, params: dict[str, str], raw: bytes | str, base: str = "") -> Any:
        """Do one call. Raises Problem; then nothing of it is done."""
        is_known = False
        for known_method, pattern, handler in self._handlers:
            if match := pattern.fullmatch(path):
                is_known = True
                if known_method == method:
                    with self._context.state.together():
                        return handler(Call(match.groupdict(), params, _read(raw), base))
        if is_known:
            raise Problem(405, "Method Not Allowed", "The requested method and resource are not compatible.")
        raise not_found()

    @staticmethod
    def _authorise(request: Request) -> None:
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic":
            try:
                given = base64.b64decode(given).decode().partition(":")[2]
            except ValueError:
                given = ""
        if not given:
            raise Problem(401, "API Key Missing", "Your request did not include an API key.")
        if given != KEY:
            detail = "Your API key may be invalid, or you've attempted to access the wrong datacenter."
            raise Problem(401, "API Key Invalid", detail)


def _read(raw: bytes | str) -> dict[str, Any]:
    if not raw:
        return {}
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        detail = "We encountered an unspecified JSON parsing error."
        raise Problem(400, "JSON Parse Error", detail)
    return body


def _problem(problem: Problem) -> Response:
    return Response(orjson.dumps(problem.body), problem.status, media_type="application/problem+json; charset=utf-8")
