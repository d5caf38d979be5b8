"""OAuth: the one user's refresh token becomes an access token that lives an hour of real time, as clients count."""

from __future__ import annotations

import secrets
import time
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.context import Context

CLIENT_ID, CLIENT_SECRET = "ads-client.apps.googleusercontent.com", "GOCSPX-ads-sandbox"
REFRESH_TOKEN, SCOPE = "1//ads-sandbox-refresh", "https://www.googleapis.com/auth/adwords"
LIFE_SECONDS = 3_600


class Tokens:
    """Who may call. Tokens outlive the server."""

    def __init__(self, context: Context) -> None:
        self._state = context.state
        context.state.execute(
            "create table if not exists google_ads_tokens (token text primary key, expires real not null)"
        )

    def route(self) -> Route:
        async def endpoint(request: Request) -> JSONResponse:
            return await run_in_threadpool(self._exchange, dict(parse_qsl((await request.body()).decode())))

        return Route("/token", endpoint, methods=["POST"])

    def is_good(self, token: str) -> bool:
        """Whether this token was given out and has not expired."""
        found = self._state.rows("select expires from google_ads_tokens where token = ?", (token,))
        return bool(found) and found[0][0] >= time.time()

    def _exchange(self, given: dict[str, str]) -> JSONResponse:
        if given.get("grant_type") != "refresh_token":
            return _refused("unsupported_grant_type", "Invalid grant_type")
        if (given.get("client_id"), given.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return _refused("invalid_client", "The OAuth client was not found.", 401)
        if given.get("refresh_token") != REFRESH_TOKEN:
            return _refused("invalid_grant", "Token has been expired or revoked.")
        token = f"ya29.{secrets.token_urlsafe(32)}"
        self._state.execute("delete from google_ads_tokens where expires < ?", (time.time(),))
        self._state.execute("insert into google_ads_tokens values (?, ?)", (token, time.time() + LIFE_SECONDS))
        return JSONResponse(
            {"access_token": token, "expires_in": LIFE_SECONDS - 1, "scope": SCOPE, "token_type": "Bearer"}
        )


def _refused(code: str, text: str, status: int = 400) -> JSONResponse:
    return JSONResponse({"error": code, "error_description": text}, status_code=status)
