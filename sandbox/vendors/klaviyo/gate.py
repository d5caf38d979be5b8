"""The gate before every Klaviyo call: key, revision, rate limit; and the one place where errors become answers."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.context import Context
from sandbox.limits import Windows
from sandbox.vendors.klaviyo.jsonapi import ApiError, Call, answer, refusal

THINGS = ("accounts", "campaigns", "events", "lists", "metrics", "profiles")
EVERYTHING = frozenset(f"{thing}:{right}" for thing in THINGS for right in ("read", "write"))
KEYS = {
    "Klaviyo-API-Key pk_sandbox": EVERYTHING,
    "Klaviyo-API-Key pk_few_scopes": EVERYTHING - {"accounts:read", "profiles:read", "profiles:write"},
}
RETIRED_BEFORE = "2024-10-15"
NEWEST = "2026-10-15"
SECOND, MINUTE, DAY = 1.0, 60.0, 86_400.0
# (calls in a second, calls in a minute), as the vendor names them by size.
TIERS = {"XS": (1, 15), "S": (3, 60), "M": (10, 150), "L": (75, 750), "XL": (350, 3500)}

Handler = Callable[[Call], Any]


class Gate:
    """Makes routes of handlers. A handler gets a Call and returns a body, or (body, status)."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._windows: dict[str, Windows] = {}
        self._lock = threading.Lock()

    def route(self, path: str, method: str, tier: str, handler: Handler, a_day: int | None = None) -> Route:
        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            return await run_in_threadpool(self._serve, request, raw, f"{method} {path}", tier, a_day, handler)

        return Route(path, endpoint, methods=[method])

    def _serve(
        self, request: Request, raw: bytes, name: str, tier: str, a_day: int | None, handler: Handler
    ) -> Response:
        headers: dict[str, str] = {}
        try:
            revision = self._admit(request, name)
            headers = self._count(name, tier, a_day)
            result = handler(Call(request, raw, revision))
        except ApiError as error:
            if error.status == 429:
                return refusal(error, {"Retry-After": str(error.body["meta"]["retry_after"])})
            return refusal(error, headers)
        body, status = result if isinstance(result, tuple) else (result, 200)
        return answer(body, status, headers)

    @staticmethod
    def _admit(request: Request, name: str) -> str:
        if request.headers.get("authorization") is None:
            raise ApiError(
                401, "not_authenticated", "Authentication credentials were not provided.", "Missing API key."
            )
        granted = KEYS.get(request.headers["authorization"])
        if granted is None:
            raise ApiError(401, "authentication_failed", "Incorrect authentication credentials.", "Invalid API key.")
        if (needed := scope_of(name)) not in granted:
            title = "You do not have permission to perform this action."
            raise ApiError(403, "permission_denied", title, f"The API key lacks the scope {needed}.")
        revision = request.headers.get("revision", "")
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", revision) or revision > NEWEST:
            raise ApiError(
                400, "invalid", "Invalid revision.", "The header revision must name an API revision.", "revision"
            )
        if revision < RETIRED_BEFORE:
            if request.headers.get("x-klaviyo-revision-fall-forward-opt-out") == "1":
                raise ApiError(
                    410, "gone", "Revision retired.", f"Revision {revision} is no longer served.", "revision"
                )
            return RETIRED_BEFORE
        return revision

    def _count(self, name: str, tier: str, a_day: int | None) -> dict[str, str]:
        with self._lock:
            if name not in self._windows:
                burst, steady = TIERS[tier]
                windows = ((SECOND, burst), (MINUTE, steady)) + (((DAY, a_day),) if a_day else ())
                self._windows[name] = Windows(windows, self._context.clock.seconds)
            windows_of = self._windows[name]
        wait = windows_of.take()
        if not wait and self._context.faults.take("klaviyo", "throttle"):
            wait = self._context.clock.speed
        if wait:
            # In whole real seconds, as a client waits in real time; at speed 1 both are the same.
            seconds = max(1, math.ceil(self._context.clock.real_seconds(wait)))
            detail = f"Request was throttled. Expected available in {seconds} second{'s' if seconds > 1 else ''}."
            raise ApiError(429, "throttled", "Request was throttled.", detail, meta={"retry_after": seconds})
        limit, left, reset = windows_of.steady()
        return {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(left),
            "RateLimit-Reset": str(math.ceil(reset)),
        }


def scope_of(name: str) -> str:
    """The scope that a call needs, by its method and path: ``POST /api/metric-aggregates`` -> ``metrics:read``."""
    method, _, path = name.partition(" ")
    word = path.split("/")[2]
    if word == "metric-aggregates":
        return "metrics:read"
    thing = "profiles" if word.startswith("profile-") else word
    return f"{thing}:{'read' if method == 'GET' else 'write'}"
