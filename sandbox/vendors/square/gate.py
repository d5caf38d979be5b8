"""The gate before every Square call: token, version, rate limit; and the one place where errors become answers.

Square publishes neither its limits nor any header about them: a caller only sees 429 with RATE_LIMITED. The bucket
here is a guess at a size that a patient caller rarely meets.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.context import Context
from sandbox.limits import Bucket

TOKEN = "Bearer sq_sandbox"
DEFAULT_VERSION = "2026-09-16"
BURST, PER_SECOND = 40, 10.0
# What may change from page to page of one query.
NOT_QUERY = ("cursor", "limit")


class ApiError(Exception):
    """An error as Square answers it."""

    def __init__(self, status: int, category: str, code: str, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.body = {"category": category, "code": code, "detail": detail} | ({"field": field} if field else {})


def invalid(code: str, detail: str, field: str | None = None) -> ApiError:
    return ApiError(400, "INVALID_REQUEST_ERROR", code, detail, field)


def not_found(kind: str, key: str) -> ApiError:
    return ApiError(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", f"{kind} with ID `{key}` not found.")


@dataclass
class Call:
    """One request that passed the gate. Parameters of a GET are text, those of a POST come from its JSON body."""

    request: Request
    raw: bytes
    context: Context

    @cached_property
    def asked(self) -> dict[str, Any]:
        if self.request.method == "GET":
            return dict(self.request.query_params)
        try:
            read = orjson.loads(self.raw or b"{}")
        except orjson.JSONDecodeError:
            raise invalid("BAD_REQUEST", "The request body is not valid JSON.") from None
        if not isinstance(read, dict):
            raise invalid("EXPECTED_OBJECT", "Expected a JSON object.")
        return read

    def key(self) -> str:
        return str(self.request.path_params["id"])

    def part(self, *path: str) -> dict[str, Any]:
        """An object inside the body; empty if it is not there."""
        found: Any = self.asked
        for name in path:
            found = found.get(name) or {}
            if not isinstance(found, dict):
                raise invalid("EXPECTED_OBJECT", "Expected an object value.", ".".join(path))
        return dict(found)

    def listed(self, name: str) -> list[str] | None:
        """A list of texts of the body, None if it is not there or empty."""
        found = self.asked.get(name)
        if found is not None and (not isinstance(found, list) or not all(isinstance(one, str) for one in found)):
            raise invalid("EXPECTED_ARRAY", "Expected an array of strings.", name)
        return found or None

    def size(self, default: int, most: int, strict: bool = True) -> int:
        """The page size. A call that is not ``strict`` takes its default instead of a number out of range."""
        given = self.asked.get("limit")
        if given is None or given == "":
            return default
        try:
            number = int(given)
        except (TypeError, ValueError):
            raise invalid("EXPECTED_INTEGER", "Expected an integer value.", "limit") from None
        if 1 <= number <= most:
            return number
        if strict:
            code = "VALUE_TOO_LOW" if number < 1 else "VALUE_TOO_HIGH"
            raise invalid(code, f"`limit` must be between 1 and {most}.", "limit")
        return default

    def choice(self, value: Any, allowed: tuple[str, ...], default: str, field: str) -> str:
        if value is None or value == "":
            return default
        if value not in allowed:
            raise invalid("INVALID_ENUM_VALUE", f"`{value}` is not a valid enum value for `{field}`.", field)
        return str(value)

    def cursor(self) -> list[Any] | None:
        """Where the last page ended. A cursor belongs to its query: sent with another one it is invalid."""
        given = self.asked.get("cursor")
        if not given:
            return None
        wrong = invalid("INVALID_CURSOR", "The pagination cursor is invalid.", "cursor")
        if self.context.faults.take("square", "expired_cursor"):
            raise wrong
        try:
            read = orjson.loads(base64.urlsafe_b64decode(str(given) + "=" * (-len(str(given)) % 4)))
            place, of = read["at"], read["of"]
        except (binascii.Error, ValueError, KeyError, TypeError):
            raise wrong from None
        if of != self._query():
            raise wrong
        return list(place)

    def next_cursor(self, place: list[Any]) -> str:
        return base64.urlsafe_b64encode(orjson.dumps({"at": place, "of": self._query()})).decode().rstrip("=")

    def _query(self) -> str:
        asked = {name: value for name, value in self.asked.items() if name not in NOT_QUERY}
        text = self.request.url.path.encode() + orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(text).hexdigest()[:16]


Handler = Callable[[Call], dict[str, Any]]


class Gate:
    """Makes routes of handlers. A handler gets a Call and returns a body."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._bucket = Bucket(BURST, PER_SECOND, context.clock.seconds)

    def route(self, path: str, method: str, handler: Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            return await run_in_threadpool(self._serve, request, raw, handler)

        return Route(path, endpoint, methods=[method])

    def _serve(self, request: Request, raw: bytes, handler: Handler) -> Response:
        try:
            version = self._admit(request)
            body = handler(Call(request, raw, self._context))
        except ApiError as error:
            return _answer({"errors": [error.body]}, error.status)
        return _answer(body, 200, {"Square-Version": version})

    def _admit(self, request: Request) -> str:
        if request.headers.get("authorization") != TOKEN:
            detail = "This request could not be authorized."
            raise ApiError(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED", detail)
        version = request.headers.get("square-version") or DEFAULT_VERSION
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", version):
            raise invalid("INVALID_SQUARE_VERSION_FORMAT", "The Square-Version header is not a date.")
        if self._context.faults.take("square", "throttle") or not self._bucket.take(1):
            detail = "Too many requests, try again later."
            raise ApiError(429, "RATE_LIMIT_ERROR", "RATE_LIMITED", detail)
        return version


async def no_such_path(_: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    code = "METHOD_NOT_ALLOWED" if status == 405 else "NOT_FOUND"
    return _answer({"errors": [{"category": "INVALID_REQUEST_ERROR", "code": code, "detail": "Not found."}]}, status)


def _answer(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, media_type="application/json")


def micros(text: Any, field: str) -> int:
    """An RFC 3339 time as UTC microseconds."""
    try:
        read = datetime.fromisoformat(str(text))
    except ValueError:
        raise invalid("INVALID_TIME", f"`{field}` must be an RFC 3339 timestamp.", field) from None
    read = read.replace(tzinfo=UTC) if read.tzinfo is None else read
    return int(read.timestamp() * 1_000_000)
