"""Service accounts: a key file, and the exchange of an assertion signed with it for a bearer token (RFC 7523).

The key is made once per sandbox home, and the file is readable by its owner only. Tokens live an hour of real time, as
their callers count it, and outlive the server.
"""

from __future__ import annotations

import secrets
import time
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.context import Context

ACCOUNT = "selvage@sandbox-project.iam.gserviceaccount.com"
SCOPE = "https://www.googleapis.com/auth/datamanager"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE_SECONDS = 3_600
KEY_BITS = 2_048


class Tokens:
    """The one service account that the sandbox knows."""

    def __init__(self, context: Context) -> None:
        self._context = context
        context.state.execute(
            "create table if not exists google_tokens (token text primary key, expires real not null)"
        )
        path = context.home / "google" / "service_account.json"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial = path.with_suffix(".partial")
            partial.touch(mode=0o600)
            partial.write_bytes(orjson.dumps(_new_account(), option=orjson.OPT_INDENT_2))
            partial.replace(path)
        self._account: dict[str, Any] = orjson.loads(path.read_bytes())

    def route(self) -> Route:
        async def endpoint(request: Request) -> JSONResponse:
            given = dict(parse_qsl((await request.body()).decode()))
            return await run_in_threadpool(self._exchange, given, str(request.url.path))

        return Route("/token", endpoint, methods=["POST"])

    def is_good(self, token: str) -> bool:
        """Whether this token was given out and has not expired."""
        found = self._context.state.rows("select expires from google_tokens where token = ?", (token,))
        return bool(found) and found[0][0] >= time.time()

    def _exchange(self, given: dict[str, str], path: str) -> JSONResponse:
        if given.get("grant_type") != GRANT:
            return _refused("unsupported_grant_type", "Invalid grant_type")
        try:
            claims = self._claims(given.get("assertion", ""))
        except ValueError:  # google.auth's errors are of this kind
            return _refused("invalid_grant", "Invalid JWT Signature.")
        if claims.get("iss") != self._account["client_email"]:
            return _refused("invalid_grant", "Invalid grant: account not found")
        if not str(claims.get("aud", "")).endswith(path):
            return _refused("invalid_grant", "Invalid JWT: the audience is not this address")
        if SCOPE not in str(claims.get("scope", "")).split():
            return _refused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        token = f"ya29.{secrets.token_urlsafe(32)}"
        self._context.state.execute("delete from google_tokens where expires < ?", (time.time(),))
        self._context.state.execute("insert into google_tokens values (?, ?)", (token, time.time() + LIFE_SECONDS))
        return JSONResponse({"access_token": token, "expires_in": LIFE_SECONDS - 1, "token_type": "Bearer"})

    def _claims(self, assertion: str) -> dict[str, Any]:
        """What a good assertion says: signed with the account's key, not expired. Raises ValueError."""
        from google.auth import jwt
        from google.auth.exceptions import GoogleAuthError

        try:
            return dict(jwt.decode(assertion, certs=_public_key(self._account["private_key"])))
        except GoogleAuthError as error:
            raise ValueError(str(error)) from None


def _refused(code: str, text: str) -> JSONResponse:
    return JSONResponse({"error": code, "error_description": text}, status_code=400)


@cache
def _public_key(private_key: str) -> bytes:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(private_key.encode(), None).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _new_account() -> dict[str, str]:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65_537, KEY_BITS)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    text = key.private_bytes(encoding, form, serialization.NoEncryption()).decode()
    return {
        "type": "service_account",
        "project_id": "sandbox-project",
        "private_key_id": secrets.token_hex(20),
        "private_key": text,
        "client_email": ACCOUNT,
        "client_id": "100000000000000000001",
        "token_uri": "http://127.0.0.1/google/token",
    }
