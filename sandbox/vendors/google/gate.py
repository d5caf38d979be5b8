"""The gate before every call of the Data Manager API: version, token, quotas; and where errors become answers.

Quotas are counted apart for reads and writes and for the two services, in sandbox time; Google shows no header about
them, and names the one that is used up in the error. A refusal is a google.rpc.Status with its details.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.context import Context
from sandbox.limits import Windows
from sandbox.vendors.google.tokens import Tokens

DOMAIN = "datamanager.googleapis.com"
PER_MINUTE, MINUTE, DAY = 300, 60.0, 86_400.0
PER_DAY = {"Ingestion": 100_000, "UserList": 50_000}
STATUSES = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    409: "ALREADY_EXISTS", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL",
}  # fmt: skip
_TYPE = "type.googleapis.com/google.rpc."


class ApiError(Exception):
    """An error as Google answers it. ``fields``: (path of the field, reason) of each violation."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str = "There was a problem with the request.",
        fields: tuple[tuple[str, str], ...] = (),
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.details: list[dict[str, Any]] = [
            {"@type": f"{_TYPE}ErrorInfo", "reason": reason, "domain": DOMAIN, "metadata": dict(metadata or {})}
        ]
        if fields:
            violations = [{"field": path, "description": why.replace("_", " "), "reason": why} for path, why in fields]
            self.details.append({"@type": f"{_TYPE}BadRequest", "fieldViolations": violations})

    def body(self, request_id: str) -> dict[str, Any]:
        told = {"@type": f"{_TYPE}RequestInfo", "requestId": request_id}
        status = STATUSES[self.status]
        return {
            "error": {
                "code": self.status,
                "message": str(self),
                "status": status,
                "details": [*self.details, told],
            }
        }


def invalid(*fields: tuple[str, str], reason: str = "INVALID_ARGUMENT") -> ApiError:
    return ApiError(400, reason, fields=fields)


@dataclass
class Call:
    """One request that passed the gate. ``path`` holds the named parts of its path."""

    request: Request
    raw: bytes
    context: Context
    path: Mapping[str, str]

    @cached_property
    def body(self) -> dict[str, Any]:
        try:
            read = orjson.loads(self.raw or b"{}")
        except orjson.JSONDecodeError:
            read = None
        if not isinstance(read, dict):
            raise ApiError(400, "INVALID_ARGUMENT", "Invalid JSON payload received.")
        return read

    def query(self, name: str, default: str = "") -> str:
        return str(self.request.query_params.get(name, default))

    @property
    def is_trial(self) -> bool:
        return self.body.get("validateOnly") is True or self.query("validateOnly").lower() == "true"


Handler = Callable[[Call], dict[str, Any]]


def name_of(value: Any, names: tuple[str, ...], field: str) -> str:
    """An enum as its name: clients send names or numbers. ``names`` are by number; absent is the first."""
    if value is None:
        return names[0]
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names):
        return names[value]
    if isinstance(value, str) and value in names:
        return value
    raise invalid((field, "INVALID_ENUM_VALUE"))


class Gate:
    """One route for all calls. ``handlers``: (method, pattern of the path after the version, service, handler)."""

    def __init__(self, context: Context, tokens: Tokens, handlers: list[tuple[str, str, str, Handler]]) -> None:
        self._context, self._tokens = context, tokens
        self._handlers = [(method, re.compile(path), service, handler) for method, path, service, handler in handlers]
        seconds = context.clock.seconds
        self._windows = {
            (service, kind): Windows(((MINUTE, PER_MINUTE), (DAY, per_day)), seconds)
            for service, per_day in PER_DAY.items()
            for kind in ("Read", "Mutate")
        }

    def route(self) -> Route:
        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            return await run_in_threadpool(self._serve, request, raw)

        return Route("/{path:path}", endpoint, methods=["GET", "POST", "PATCH", "DELETE"])

    def _serve(self, request: Request, raw: bytes) -> Response:
        try:
            version, _, rest = request.path_params["path"].partition("/")
            if version != "v1":
                raise ApiError(404, "NOT_FOUND", "The requested URL was not found on this server.")
            self._authorise(request.headers.get("authorization", "").removeprefix("Bearer "))
            for method, pattern, service, handler in self._handlers:
                found = pattern.fullmatch(rest)
                if found and method == request.method:
                    self._count(service, "Read" if method == "GET" else "Mutate")
                    if self._context.faults.take("google", "transient"):
                        raise ApiError(500, "INTERNAL_ERROR", "An internal error has occurred.")
                    answer = handler(Call(request, raw, self._context, found.groupdict()))
                    return Response(orjson.dumps(answer), media_type="application/json")
            raise ApiError(404, "NOT_FOUND", "Method not found.")
        except ApiError as error:
            body = error.body(secrets.token_urlsafe(12))
            return Response(orjson.dumps(body), error.status, media_type="application/json")

    def _authorise(self, token: str) -> None:
        if not self._tokens.is_good(token):
            reason = "ACCESS_TOKEN_EXPIRED" if token else "CREDENTIALS_MISSING"
            raise ApiError(
                401, reason, "Request had invalid authentication credentials. Expected OAuth 2 access token."
            )

    def _count(self, service: str, kind: str) -> None:
        if self._context.faults.take("google", "throttle") or self._windows[service, kind].take():
            quota = f"{service}{kind}RequestsPerMinutePerProject"
            raise ApiError(
                429,
                "RATE_LIMIT_EXCEEDED",
                f"Quota exceeded for quota metric '{service} {kind} requests' and limit '{quota}'.",
                metadata={"service": DOMAIN, "quota_limit": quota, "quota_limit_value": str(PER_MINUTE)},
            )
