"""Login with Amazon: the seller's refresh token becomes an access token that lives an hour of real time."""

from __future__ import annotations

import secrets
import time
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.context import Context

CLIENT_ID, CLIENT_SECRET = "amzn1.application-oa2-client.sandbox", "amzn1.oa2-cs.v1.sandbox"
REFRESH_TOKEN = "Atzr|sandbox"
LIFE_SECONDS = 3_600


class Tokens:
    """Who may call. Tokens outlive the server."""

    def __init__(self, context: Context) -> None:
        self._state = context.state
        context.state.execute(
            "create table if not exists amazon_tokens (token text primary key, expires real not null)"
        )

    def route(self) -> Route:
        async def endpoint(request: Request) -> JSONResponse:
            return await run_in_threadpool(self._exchange, dict(parse_qsl((await request.body()).decode())))

        return Route("/auth/o2/token", endpoint, methods=["POST"])

    def is_good(self, token: str) -> bool:
        """Whether this token was given out and has not expired."""
        found = self._state.rows("select expires from amazon_tokens where token = ?", (token,))
        return bool(found) and found[0][0] >= time.time()

    def _exchange(self, given: dict[str, str]) -> JSONResponse:
        if given.get("grant_type") != "refresh_token":
            return _refused("unsupported_grant_type", "The authorization grant type is not supported")
        if (given.get("client_id"), given.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return _refused("invalid_client", "Client authentication failed", 401)
        if given.get("refresh_token") != REFRESH_TOKEN:
            return _refused("invalid_grant", "The request has an invalid grant parameter : refresh_token")
        token = f"Atza|{secrets.token_urlsafe(32)}"
        self._state.execute("delete from amazon_tokens where expires < ?", (time.time(),))
        self._state.execute("insert into amazon_tokens values (?, ?)", (token, time.time() + LIFE_SECONDS))
        answer = {"access_token": token, "token_type": "bearer", "expires_in": LIFE_SECONDS}
        return JSONResponse(answer | {"refresh_token": REFRESH_TOKEN})


def _refused(code: str, text: str, status: int = 400) -> JSONResponse:
    return JSONResponse({"error": code, "error_description": text}, status_code=status)
