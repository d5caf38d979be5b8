"""The gate before every call: version, token, limits with their headers; and where errors become answers.

An app of the limited tier has 60 points an account (a read takes one, a write three) that come back within five
minutes; who uses them up is shut out for five. Besides, each kind of call has a limit an hour. All in sandbox time,
while ``estimated_time_to_regain_access`` is in whole real minutes, since a client waits in real time.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.context import Context
from sandbox.limits import Bucket, Windows
from sandbox.vendors.meta.events import too_many
from sandbox.vendors.meta.graph import Call, GraphError, read_params, unknown

TOKEN = "meta_sandbox"
SERVED, NEWEST = ("v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0"), "v26.0"
TIER = "development_access"
POINTS, DECAY_SECONDS, BLOCK_SECONDS = 60, 300.0, 300.0
READ_POINTS, WRITE_POINTS = 1, 3
# kind of call: (calls in an hour, code of the refusal)
KINDS = {"ads_insights": (8_600, 80000), "custom_audience": (5_000, 80003), "ads_management": (1_100, 80004)}
HOUR = 3_600.0

Handler = Callable[[Call], Any]
Find = Callable[[str], str | None]


class Gate:
    """One route for all objects. ``handlers`` are by (kind of object, edge, method), with the kind of limit."""

    def __init__(
        self, context: Context, account: str, find: Find, handlers: dict[tuple[str, str, str], tuple[Handler, str]]
    ) -> None:
        self._context, self._account, self._find, self._handlers = context, account, find, handlers
        seconds = context.clock.seconds
        self._points = Bucket(POINTS, POINTS / DECAY_SECONDS, seconds)
        self._hours = {kind: Windows(((HOUR, limit),), seconds) for kind, (limit, _) in KINDS.items()}
        self._blocked_until = float("-inf")
        self._lock = threading.Lock()

    def route(self) -> Route:
        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            return await run_in_threadpool(self._serve, request, raw)

        return Route("/{path:path}", endpoint, methods=["GET", "POST", "DELETE"])

    def _serve(self, request: Request, raw: bytes) -> Response:
        headers: dict[str, str] = {}
        try:
            version, _, rest = request.path_params["path"].partition("/")
            self._admit(version)
            params = read_params(request, raw)
            self._authorise(request, params)
            node, _, edge = rest.strip("/").partition("/")
            handler, kind = self._handler(node, edge, request.method)
            refused = self._count(kind, request.method)
            headers = self._headers(kind, refused is not None) if kind in KINDS else {}
            if refused is not None:
                raise refused
            return _answer(handler(Call(request, params, self._context, node, edge)), 200, headers)
        except GraphError as error:
            return _answer({"error": error.error}, error.status, headers)

    def _admit(self, version: str) -> None:
        if not re.fullmatch(r"v\d+\.\d", version):
            raise GraphError(2500, "Unknown path components: the path begins with a version")
        if version not in SERVED:
            message = f"(#2635) You are calling a deprecated version of the Ads API. Please update to {NEWEST}."
            raise GraphError(2635, message)

    def _authorise(self, request: Request, params: dict[str, Any]) -> None:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ").removeprefix("OAuth ")
        given = params.pop("access_token", None) or bearer
        if not given:
            raise GraphError(2500, "An active access token must be used to query information about the current user.")
        if given != TOKEN:
            raise GraphError(190, "Invalid OAuth access token - Cannot parse access token")
        if self._context.faults.take("meta", "transient"):
            message = "An unexpected error has occurred. Please retry your request later."
            raise GraphError(2, message, status=500, is_transient=True)

    def _handler(self, node: str, edge: str, method: str) -> tuple[Handler, str]:
        kind = self._find(node)
        if kind is None:
            raise unknown(node, method)
        found = self._handlers.get((kind, edge, method))
        if found is None:
            if any(key[:2] == (kind, edge) for key in self._handlers):
                raise unknown(node, method)
            raise GraphError(2500, f"Unknown path components: /{edge}")
        return found

    def _count(self, kind: str, method: str) -> GraphError | None:
        """The refusal of a call that is over a limit."""
        if kind not in KINDS:  # events: Meta tells of no limit for them
            return too_many() if self._context.faults.take("meta", "throttle") else None
        with self._lock:
            now = self._context.clock.seconds()
            if now < self._blocked_until:
                return _too_fast(method)
            if self._context.faults.take("meta", "throttle") or self._hours[kind].take():
                return _too_many(kind)
            if not self._points.take(READ_POINTS if method == "GET" else WRITE_POINTS):
                self._blocked_until = now + BLOCK_SECONDS
                return _too_fast(method)
        return None

    def _headers(self, kind: str, is_refused: bool) -> dict[str, str]:
        limit, left, _ = self._hours[kind].steady()
        used = max(1 - left / limit, 1 - self._points.left() / POINTS)
        share = 100.0 if is_refused else round(100 * used, 2)
        whole, wait = -int(-share // 1), 0
        if is_refused:
            until = max(0.0, self._blocked_until - self._context.clock.seconds())
            wait = round(self._context.clock.real_seconds(until) / 60)
        usage = {"call_count": whole, "total_cputime": whole // 2, "total_time": whole // 2}
        business = {"type": kind, **usage, "estimated_time_to_regain_access": wait, "ads_api_access_tier": TIER}
        account = {"acc_id_util_pct": share, "ads_api_access_tier": TIER}
        headers = {
            "X-Business-Use-Case-Usage": {self._account: [business]},
            "X-App-Usage": usage,
            "X-Ad-Account-Usage": {**account, "reset_time_duration": round(DECAY_SECONDS * used)},
        }
        if kind == "ads_insights":
            headers["x-fb-ads-insights-throttle"] = {"app_id_util_pct": share, **account}
        return {name: orjson.dumps(value).decode() for name, value in headers.items()}


def _too_fast(method: str) -> GraphError:
    if method == "GET":
        return GraphError(17, "(#17) User request limit reached", 2446079)
    return GraphError(613, "(#613) Calls to this api have exceeded the rate limit.", 1487742)


def _too_many(kind: str) -> GraphError:
    code = KINDS[kind][1]
    message = (
        f"(#{code}) There have been too many calls to this ad-account. Wait a bit and try again. For more info, please "
        "refer to the documentation of rate limiting."
    )
    return GraphError(code, message, 2446079)


def _answer(body: Any, status: int, headers: dict[str, str]) -> Response:
    return Response(orjson.dumps(body), status, headers, media_type="application/json")
