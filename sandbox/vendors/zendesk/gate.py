"""The gate before every Zendesk call: OAuth token, role, the limits of account and exports; errors become answers.

A token comes from ``/oauth/tokens`` by client credentials. Which account it opens is told by the secret:
``zd_secret_sandbox`` an admin's, ``zd_secret_agent`` one of somebody who is no admin, ``zd_secret_surveys`` that of an
account that has CSAT surveys instead of satisfaction ratings.
"""

from __future__ import annotations

import base64
import binascii
import math
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
from sandbox.streams import Place

CLIENT = "zd_client_sandbox"
SECRETS = {"zd_secret_sandbox": "admin", "zd_secret_agent": "agent", "zd_secret_surveys": "surveys"}
A_MINUTE, EXPORTS_A_MINUTE = 700, 10
MINUTE = 60.0


class ApiError(Exception):
    """An error as Zendesk answers it."""

    def __init__(
        self,
        status: int,
        error: str,
        description: str,
        headers: dict[str, str] | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(description)
        self.status, self.headers = status, headers or {}
        self.body: dict[str, Any] = {"error": error, "description": description}
        if details:
            self.body["details"] = details


@dataclass
class Call:
    """One request that passed the gate; ``role`` is whose token it came with."""

    request: Request
    context: Context
    role: str
    raw: bytes = b""

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object that came with a write."""
        try:
            read = orjson.loads(self.raw)
        except orjson.JSONDecodeError:
            read = None
        if not isinstance(read, dict):
            raise ApiError(400, "BadRequest", "The body is not a JSON object")
        return read

    @property
    def url(self) -> str:
        """The URL of this call without its query."""
        prefix = self.request.scope.get("sandbox.prefix", "")
        return f"{self.request.url.scheme}://{self.request.url.netloc}{prefix}{self.request.url.path}"

    def text(self, name: str) -> str | None:
        return self.request.query_params.get(name) or None

    def number(self, name: str, default: int | None = None) -> int | None:
        given = self.text(name)
        if given is None:
            return default
        if not given.lstrip("-").isdigit():
            raise ApiError(400, "InvalidValue", f"{name} must be an integer")
        return int(given)

    def size(self, name: str, most: int) -> int:
        """The page size; more than the most counts as the most."""
        return max(1, min(most, self.number(name, most) or most))

    def place(self, name: str) -> Place | None:
        """Where the last page ended."""
        given = self.text(name)
        if given is None:
            return None
        wrong = ApiError(400, "InvalidPaginationParameter", f"{name} is not a valid cursor")
        if self.context.faults.take("zendesk", "expired_cursor"):
            raise wrong
        try:
            at, key = orjson.loads(base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)))
        except (binascii.Error, ValueError, TypeError):
            raise wrong from None
        return at, key


def cursor_of(place: Place) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


Handler = Callable[[Call], Any]
"""Answers a body, a body and its status, or None (204)."""


class Gate:
    """Makes routes of handlers."""

    def __init__(self, context: Context) -> None:
        self._context = context
        seconds = context.clock.seconds
        self._account = Windows(((MINUTE, A_MINUTE),), seconds)
        self._exports = Windows(((MINUTE, EXPORTS_A_MINUTE),), seconds)

    def tokens(self) -> Route:
        async def endpoint(request: Request) -> Response:
            return _token(await request.body())

        return Route("/oauth/tokens", endpoint, methods=["POST"])

    def route(self, path: str, handler: Handler, is_export: bool, method: str = "GET") -> Route:
        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(self._serve, request, handler, is_export, await request.body())

        return Route(path, endpoint, methods=[method])

    def _serve(self, request: Request, handler: Handler, is_export: bool, raw: bytes) -> Response:
        try:
            role, may_write = _role(request)
            headers = self._count(is_export)
            if request.method not in ("GET", "HEAD") and not may_write:
                raise ApiError(403, "Forbidden", "You are missing the following required scopes: write")
            if is_export and role == "agent":
                raise ApiError(
                    403, "Forbidden", "You do not have access to this page. Please contact the account owner."
                )
            found = handler(Call(request, self._context, role, raw))
            if found is None:
                return Response(status_code=204, headers=headers)
            body, status = found if isinstance(found, tuple) else (found, 200)
            return _answer(body, status, headers)
        except ApiError as error:
            return _answer(error.body, error.status, error.headers)

    def _count(self, is_export: bool) -> dict[str, str]:
        wait = self._account.take() or (self._exports.take() if is_export else 0.0)
        if not wait and self._context.faults.take("zendesk", "throttle"):
            wait = self._context.clock.speed
        if wait:
            # In whole real seconds, as a client waits in real time; at speed 1 both are the same.
            after = str(max(1, math.ceil(self._context.clock.real_seconds(wait))))
            description = "Number of allowed API requests per minute exceeded"
            raise ApiError(429, "APIRateLimitExceeded", description, {"Retry-After": after})
        limit, left, reset = (self._exports if is_export else self._account).steady()
        seconds = str(math.ceil(self._context.clock.real_seconds(reset)))
        shown = {"X-Rate-Limit": str(limit), "X-Rate-Limit-Remaining": str(left)}
        return shown | {"ratelimit-limit": str(limit), "ratelimit-remaining": str(left), "ratelimit-reset": seconds}


def _role(request: Request) -> tuple[str, bool]:
    """Whose token it is, and whether its scopes let one write."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    known = {f"zd_token_{role}": (role, False) for role in SECRETS.values()}
    known |= {f"zd_token_{role}_write": (role, True) for role in SECRETS.values()}
    found = known.get(token)
    if found is None:
        raise ApiError(
            401, "Couldn't authenticate you", "The access token provided is expired, revoked, malformed or invalid"
        )
    return found


def _token(raw: bytes) -> Response:
    try:
        given = orjson.loads(raw)
    except orjson.JSONDecodeError:
        given = {}
    if given.get("grant_type") != "client_credentials":
        refused = {
            "error": "unsupported_grant_type",
            "error_description": "The authorization grant type is not supported",
        }
        return _answer(refused, 400)
    role = SECRETS.get(given.get("client_secret", ""))
    if role is None or given.get("client_id") != CLIENT:
        refused = {"error": "invalid_client", "error_description": "Client authentication failed"}
        return _answer(refused, 401)
    scope = str(given.get("scope", "read"))
    token = f"zd_token_{role}_write" if "write" in scope.split() else f"zd_token_{role}"
    return _answer({"access_token": token, "token_type": "bearer", "scope": scope})


async def no_such_path(_: Request, error: Exception) -> Response:
    return _answer({"error": "InvalidEndpoint", "description": "Not found"}, getattr(error, "status_code", 404))


def _answer(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, media_type="application/json")
