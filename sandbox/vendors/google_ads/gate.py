"""The gate before every query: version, token, the account and the way to it, operations a day; pages and streams.

A query counts as one operation, its further pages as none. A ``developer-token`` is taken and not looked at, as since
September 2026. Who goes through the manager account names it in ``login-customer-id``.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.context import Context
from sandbox.limits import Windows
from sandbox.vendors.google_ads.errors import ApiError, wrong_query
from sandbox.vendors.google_ads.reports import Reports
from sandbox.vendors.google_ads.tokens import Tokens

SERVED = ("v23", "v24", "v25", "v26")
PAGE, OPERATIONS, DAY = 10_000, 15_000, 86_400.0
PATH = re.compile(r"(?P<version>v\d+)/customers/(?P<customer>\d+)/googleAds:(?P<method>search|searchStream)")


class Gate:
    """One route for all calls."""

    def __init__(self, context: Context, tokens: Tokens, reports: Reports) -> None:
        self._context, self._tokens, self._reports = context, tokens, reports
        self._windows = Windows(((DAY, OPERATIONS),), context.clock.seconds)

    def route(self) -> Route:
        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            return await run_in_threadpool(self._serve, request, raw)

        return Route("/{path:path}", endpoint, methods=["GET", "POST"])

    def _serve(self, request: Request, raw: bytes) -> Response:
        request_id, version = secrets.token_urlsafe(16), SERVED[-1]
        try:
            found = PATH.fullmatch(request.path_params["path"])
            if found is None or request.method != "POST":
                raise ApiError(404, "requestError", "UNKNOWN", "The requested URL was not found on this server.")
            version = found["version"]
            self._authorise(request.headers.get("authorization", "").removeprefix("Bearer "))
            if version not in SERVED:
                raise ApiError(400, "requestError", "UNSUPPORTED_VERSION", f"Version {version} is not served.")
            self._admit(found["customer"], request.headers.get("login-customer-id", ""))
            answer = self._answer(found["customer"], found["method"], _body(raw), request_id)
            return _json(answer, 200, request_id)
        except ApiError as error:
            return _json(error.body(version, request_id), error.status, request_id)

    def _authorise(self, token: str) -> None:
        if not self._tokens.is_good(token):
            code = "OAUTH_TOKEN_EXPIRED" if token else "OAUTH_TOKEN_HEADER_INVALID"
            raise ApiError(401, "authenticationError", code, "Request had invalid authentication credentials.")
        if self._context.faults.take("google_ads", "transient"):
            raise ApiError(500, "internalError", "TRANSIENT_ERROR", "A transient internal error has occurred.")

    def _admit(self, customer: str, login: str) -> None:
        customers = self._reports.customers
        if login and not (login in customers and (customers[login]["manager"] or login == customer)):
            raise _denied("The login customer has no access to the client customer.")
        if customer not in customers:
            raise _denied("User doesn't have permission to access customer.")

    def _answer(self, customer: str, method: str, body: dict[str, Any], request_id: str) -> Any:
        text, token = str(body.get("query", "")), body.get("pageToken", "")
        if "pageSize" in body:
            raise ApiError(400, "requestError", "PAGE_SIZE_NOT_SUPPORTED", "Setting the page size is not supported.")
        if not token and (self._context.faults.take("google_ads", "throttle") or self._windows.take()):
            told = {"rateScope": "ACCOUNT", "rateName": "Search requests", "retryDelay": "1s"}
            raise ApiError(
                429, "quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED", "Too many requests. Retry in 1 seconds.",
                {"quotaErrorDetails": told},
            )  # fmt: skip
        rows, mask = self._reports.answer(customer, text)
        if method == "searchStream":
            starts = range(0, max(len(rows), 1), PAGE)
            return [{"results": rows[at : at + PAGE], "fieldMask": mask, "requestId": request_id} for at in starts]
        first = self._first(text, token)
        answer: dict[str, Any] = {"results": rows[first : first + PAGE], "fieldMask": mask}
        if first + PAGE < len(rows):
            answer["nextPageToken"] = _token(text, first + PAGE)
        return {name: value for name, value in answer.items() if value != []}

    def _first(self, text: str, token: str) -> int:
        if not token:
            return 0
        if self._context.faults.take("google_ads", "expired_cursor"):
            raise ApiError(400, "requestError", "EXPIRED_PAGE_TOKEN", "The page token has expired.")
        number = base64.urlsafe_b64decode(token.encode()).decode(errors="replace").partition(":")[0]
        if not number.isdigit() or _token(text, int(number)) != token:
            raise ApiError(400, "requestError", "INVALID_PAGE_TOKEN", "Page token is invalid.")
        return int(number)


def _token(text: str, first: int) -> str:
    """A token is good for the query that it was given with, and for no other."""
    mark = hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
    return base64.urlsafe_b64encode(f"{first}:{mark}".encode()).decode()


def _denied(message: str) -> ApiError:
    return ApiError(403, "authorizationError", "USER_PERMISSION_DENIED", message)


def _body(raw: bytes) -> dict[str, Any]:
    try:
        read = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError:
        read = None
    if not isinstance(read, dict):
        raise wrong_query("UNEXPECTED_INPUT", "Invalid JSON payload received.")
    return read


def _json(body: Any, status: int, request_id: str) -> Response:
    return Response(orjson.dumps(body), status, {"request-id": request_id}, media_type="application/json")
