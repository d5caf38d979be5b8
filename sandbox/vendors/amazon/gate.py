"""The gate before every call: token, the operation's own bucket, and the one place where errors become answers.

Each operation has a rate and a burst, in sandbox time. Who is too fast reads QuotaExceeded and no word on how long to
wait; answers tell the operation's rate.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.context import Context
from sandbox.limits import Bucket
from sandbox.streams import seconds_of
from sandbox.vendors.amazon.tokens import Tokens

MARKETPLACE, MARKETPLACE_NAME, SELLER = "ATVPDKIKX0DER", "Amazon.com", "A2SELVAGEDEMO"
NEWEST_SECONDS = 120
"""A range must end so long ago."""


class Limit(NamedTuple):
    """Calls a second, and how many at once."""

    rate: float
    burst: int


class ApiError(Exception):
    """An error as Amazon answers it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"errors": [{"code": code, "message": message, "details": ""}]}


def invalid(message: str) -> ApiError:
    return ApiError(400, "InvalidInput", message)


@dataclass
class Call:
    """One request that passed the gate. ``asked`` are its parameters, or the JSON of its body."""

    request: Request
    asked: dict[str, Any]

    def key(self) -> str:
        return str(self.request.path_params["id"])

    def text(self, name: str) -> str:
        return str(self.asked.get(name) or "")

    def listed(self, name: str) -> list[str]:
        given = self.asked.get(name) or []
        return given.split(",") if isinstance(given, str) else list(given)

    def moment(self, name: str) -> int | None:
        """A time of the call in seconds since 1970."""
        if not self.text(name):
            return None
        try:
            return seconds_of(self.text(name))
        except ValueError:
            raise invalid(f"{name} is not an ISO 8601 date time.") from None

    def end(self, name: str, now: int) -> int:
        """The end of a range: as it is given, or two minutes ago, which is the latest that there is."""
        given = self.moment(name)
        if given is not None and given > now - NEWEST_SECONDS:
            raise invalid(f"{name} must be at least two minutes in the past.")
        return now - NEWEST_SECONDS if given is None else given

    def only_ours(self, marketplaces: list[str]) -> None:
        """Another region's marketplaces are refused like a missing role."""
        if any(one != MARKETPLACE for one in marketplaces):
            raise ApiError(403, "Unauthorized", "Access to requested resource is denied.")


Handler = Callable[[Call], dict[str, Any]]


class Gate:
    """Makes routes of handlers. A handler gets a Call and returns a body."""

    def __init__(self, context: Context, tokens: Tokens) -> None:
        self._context, self._tokens = context, tokens

    def route(self, path: str, method: str, handler: Handler, limit: Limit) -> Route:
        bucket = Bucket(limit.burst, limit.rate, self._context.clock.seconds)

        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            return await run_in_threadpool(self._serve, request, raw, handler, limit, bucket)

        return Route(path, endpoint, methods=[method])

    def _serve(self, request: Request, raw: bytes, handler: Handler, limit: Limit, bucket: Bucket) -> Response:
        headers = {"x-amzn-RequestId": secrets.token_hex(16), "x-amzn-RateLimit-Limit": f"{limit.rate:g}"}
        try:
            self._admit(request.headers.get("x-amz-access-token", ""), bucket)
            return _answer(handler(Call(request, _asked(request, raw))), 200, headers)
        except ApiError as error:
            return _answer(error.body, error.status, headers)

    def _admit(self, token: str, bucket: Bucket) -> None:
        if not self._tokens.is_good(token):
            said = "The access token you provided has expired." if token else "Access token is missing in the request."
            raise ApiError(403, "Unauthorized", said)
        if self._context.faults.take("amazon", "throttle") or not bucket.take(1):
            raise ApiError(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")


def _asked(request: Request, raw: bytes) -> dict[str, Any]:
    if request.method == "GET":
        return dict(request.query_params)
    try:
        read = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError:
        read = None
    if not isinstance(read, dict):
        raise invalid("The request body is not a JSON object.")
    return read


async def no_such_path(_: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    return _answer(ApiError(status, "NotFound", "The requested resource doesn't exist.").body, status, {})


def _answer(body: dict[str, Any], status: int, headers: dict[str, str]) -> Response:
    return Response(orjson.dumps(body), status, headers, media_type="application/json")


def token_of(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")


def content_of(token: str) -> dict[str, Any]:
    """What a token of pages says. Raises ApiError for one that is none of ours."""
    try:
        read = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError):
        read = None
    if not isinstance(read, dict):
        raise invalid("The token of the next page is invalid.")
    return read


def money(cents: int) -> dict[str, str]:
    """An amount as orders have it: digits and a currency."""
    return {"amount": f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}", "currencyCode": "USD"}
