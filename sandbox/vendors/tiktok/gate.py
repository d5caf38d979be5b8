"""The gate before every call: token, the advertisers that it was granted, calls a second.

How many calls a second an app has depends on its tier; no header tells it, and code 40100 answers what is too much.
Tokens do not expire; a revoked one opens nothing. ``tiktok_sandbox`` was granted two advertisers: the shop's and
another client's, so that a wrong advertiser id is taken and not refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.context import Context
from sandbox.limits import Windows
from sandbox.vendors.tiktok.envelope import (
    BAD_TOKEN,
    BROKEN,
    DENIED,
    NO_ROUTE,
    NO_TOKEN,
    OK,
    TOO_FAST,
    WRONG_VERSION,
    ApiError,
    Call,
    answer,
    read_call,
    wrong,
)

TOKEN, APP_ID, SECRET = "tiktok_sandbox", "7100000000000000001", "tiktok_secret"
ADVERTISERS = {"7000000000000000001": "Selvage and Loom US", "7000000000000000002": "Another client"}
A_SECOND = 50
VERSION = "/open_api/v1.3"
TABLE = """create table if not exists tiktok_tokens (
    token text primary key, code text not null unique, is_revoked integer not null default 0)"""

Handler = Callable[[Call], Any]


class Gate:
    """Routes whose handlers are called with what passed; and the calls about tokens themselves."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._windows = Windows(((1.0, A_SECOND),), context.clock.seconds)
        context.state.execute(TABLE)
        context.state.execute("insert or ignore into tiktok_tokens (token, code) values (?, '')", (TOKEN,))

    def route(self, method: str, path: str, handler: Handler, needs: str = "advertiser_id") -> Route:
        """``needs`` names the parameter with the advertiser (or the list of them); empty: a call without one."""

        async def endpoint(request: Request) -> Response:
            try:
                call = await read_call(self._context, request)
                return await run_in_threadpool(self._serve, request, call, handler, needs)
            except ApiError as error:
                return answer(self._context, error.code, str(error), {})

        return Route(f"{VERSION}{path}", endpoint, methods=[method])

    def elsewhere(self) -> Route:
        """Every other path: no such version, or no such call."""

        async def endpoint(request: Request) -> Response:
            if not request.url.path.startswith(f"{VERSION}/"):
                return answer(self._context, WRONG_VERSION, "The API version is not served.", {})
            return answer(self._context, NO_ROUTE, "Route not found.", {})

        return Route("/open_api/{path:path}", endpoint, methods=["GET", "POST"])

    def _serve(self, request: Request, call: Call, handler: Handler, needs: str) -> Response:
        if handler != self.exchange:
            self._authorise(request.headers.get("access-token", ""))
        faults = self._context.faults
        if faults.take("tiktok", "throttle") or self._windows.take():
            raise ApiError(TOO_FAST, "Too many requests. Please retry in some time.")
        if faults.take("tiktok", "transient"):
            raise ApiError(BROKEN, "Service error. Please retry in some time.")
        if needs:
            self._admit(call.listed(needs) if needs.endswith("s") else [call.needed(needs)], needs)
        return answer(self._context, OK, "OK", handler(call))

    def _authorise(self, token: str) -> None:
        if not token:
            raise ApiError(NO_TOKEN, "Access token is missing.")
        if not self._context.state.rows("select 1 from tiktok_tokens where token = ? and not is_revoked", (token,)):
            raise ApiError(BAD_TOKEN, "Access token is incorrect or has been revoked.")

    def _admit(self, advertisers: list[Any], needs: str) -> None:
        if not advertisers:
            raise wrong(f"{needs}: Missing data for required field.")
        for advertiser in advertisers:
            if advertiser not in ADVERTISERS:
                raise ApiError(DENIED, f"No permission to operate advertiser {advertiser}.")

    def exchange(self, call: Call) -> dict[str, Any]:
        """POST /oauth2/access_token/: a one-time code becomes a token that lives until it is revoked."""
        self._check_app(call)
        code, state = call.needed("auth_code"), self._context.state
        if not code.startswith("code_") or state.rows("select 1 from tiktok_tokens where code = ?", (code,)):
            raise wrong("auth_code: Auth code is used or expired.")
        token = f"{TOKEN}_{code}"
        state.execute("insert into tiktok_tokens (token, code) values (?, ?)", (token, code))
        return {"access_token": token, "advertiser_ids": list(ADVERTISERS), "scope": [4, 10]}

    def revoke(self, call: Call) -> dict[str, Any]:
        """POST /oauth2/revoke_token/."""
        self._check_app(call)
        token = call.needed("access_token")
        self._context.state.execute("update tiktok_tokens set is_revoked = 1 where token = ?", (token,))
        return {}

    def advertisers(self, call: Call) -> dict[str, Any]:
        """GET /oauth2/advertiser/get/: all that the token may touch."""
        self._check_app(call)
        return {"list": [{"advertiser_id": key, "advertiser_name": name} for key, name in ADVERTISERS.items()]}

    @staticmethod
    def _check_app(call: Call) -> None:
        if (call.text("app_id"), call.text("secret")) != (APP_ID, SECRET):
            raise wrong("app_id or secret: Incorrect.")
