"""The gate before every HubSpot call: token, scopes, 190 calls in ten seconds; errors with category and correlation id.

A refusal for too many calls comes without Retry-After, as at HubSpot. Dates stand in the path
(``crm/objects/2026-09/contacts``); ``crm/v3/objects/contacts`` is the same until September 2027.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.context import Context
from sandbox.limits import Windows

ALL = ("objects", "properties", "communication-preferences")
TOKENS = {"pat-na1-sandbox": ALL, "pat-na1-reads": ALL, "pat-na1-contacts": ALL[:2]}
READS_ALONE = ("pat-na1-reads", "pat-na1-contacts")
VERSIONS = ("2026-03", "2026-09")
CALLS, SECONDS = 190, 10.0
PATHS = (
    re.compile(r"(?:crm/)?(objects|properties|communication-preferences)/(20\d\d-\d\d)/(.+)"),
    re.compile(r"crm/(v3)/(objects|properties)/(.+)"),
)
READS = ("search", "batch/read")


class Problem(Exception):
    """An error as HubSpot answers it."""

    def __init__(self, status: int, category: str, message: str, codes: tuple[str, ...] = (), **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {
            "status": "error",
            "message": message,
            "correlationId": str(uuid.uuid4()),
            "category": category,
            **({"errors": [{"message": message, "code": code} for code in codes]} if codes else {}),
            **more,
        }


@dataclass(frozen=True)
class Call:
    """One call: the parts of its path, its parameters and its body."""

    parts: dict[str, str]
    params: dict[str, str]
    body: dict[str, Any]


Handler = Callable[[Call], Any]
"""Answers a document, a document and its status, or None (204)."""
Handlers = dict[tuple[str, str], Handler]


class Gate:
    """One handler for all paths."""

    def __init__(self, context: Context, handlers: Handlers) -> None:
        self._context = context
        self._handlers = [(method, re.compile(path), handler) for (method, path), handler in handlers.items()]
        self._windows = Windows(((SECONDS, CALLS),), context.clock.seconds)

    def routes(self) -> list[Route]:
        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(self._serve, request, await request.body())

        methods = ["GET", "POST", "PATCH", "DELETE"]
        return [Route("/{path:path}", endpoint, methods=methods)]

    def _serve(self, request: Request, raw: bytes) -> Response:
        headers = {}
        try:
            headers = self._count()
            found = self._answer(request, raw)
        except Problem as problem:
            return Response(orjson.dumps(problem.body), problem.status, headers, media_type="application/json")
        if found is None:
            return Response(status_code=204, headers=headers)
        body, status = found if isinstance(found, tuple) else (found, 200)
        return Response(orjson.dumps(body), status, headers, media_type="application/json")

    def _count(self) -> dict[str, str]:
        if self._windows.take() or self._context.faults.take("hubspot", "throttle"):
            message = "You have reached your ten_secondly_rolling limit."
            raise Problem(429, "RATE_LIMITS", message, errorType="RATE_LIMIT", policyName="TEN_SECONDLY_ROLLING")
        limit, left, _ = self._windows.steady()
        milliseconds = str(int(self._context.clock.real_seconds(SECONDS) * 1000))
        return {
            "X-HubSpot-RateLimit-Max": str(limit),
            "X-HubSpot-RateLimit-Remaining": str(left),
            "X-HubSpot-RateLimit-Interval-Milliseconds": milliseconds,
        }

    def _answer(self, request: Request, raw: bytes) -> Any:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in TOKENS:
            raise Problem(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        path = _plain(request.path_params["path"].strip("/"))
        for method, pattern, handler in self._handlers:
            match = pattern.fullmatch(path)
            if match and method == request.method:
                writes = method != "GET" and not path.endswith(READS)
                if path.partition("/")[0] not in TOKENS[token] or (writes and token in READS_ALONE):
                    raise Problem(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes.")
                with self._context.state.together():
                    return handler(Call(match.groupdict(), dict(request.query_params), _read(raw)))
        raise Problem(404, "OBJECT_NOT_FOUND", "resource not found")


def _plain(path: str) -> str:
    """The path without its version. Raises Problem for a version that is not served."""
    dated, numbered = (pattern.fullmatch(path) for pattern in PATHS)
    if dated and dated[2] in VERSIONS:
        return f"{dated[1]}/{dated[3]}"
    if numbered:
        return f"{numbered[2]}/{numbered[3]}"
    raise Problem(404, "OBJECT_NOT_FOUND", "resource not found")


def _read(raw: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise Problem(400, "VALIDATION_ERROR", "Invalid input JSON")
    return body
