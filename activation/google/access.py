"""A client of the account, with tokens of a service account as request headers: exchanged when first needed, again
before they run out.

A run may wait half an hour for Google and a token lives one, so the headers are made anew at every request. google-auth
signs the assertion, dlt's session repeats what broke on the way; the key file is read then and not before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from activation.client import Client
from activation.destination import DestinationError
from activation.google.uploads import failure_of

SCOPE = "https://www.googleapis.com/auth/datamanager"
ACCOUNT_TYPE = "GOOGLE_ADS"
PACE_SECONDS = 60 / 300  # 300 requests a minute are allowed, and no header tells how many are left


def accounts_of(settings: Mapping[str, str]) -> tuple[str, str]:
    """The account that is written to, and the one by which the service account has access."""
    account = settings["account_id"].replace("-", "")
    return account, settings["login_account_id"].replace("-", "") or account


def client_of(settings: Mapping[str, str]) -> Client:
    """A client whose every request has a token that is good. No request is made yet."""
    login = accounts_of(settings)[1]
    headers = {"Content-Type": "application/json", "login-account": f"accountTypes/{ACCOUNT_TYPE}/accounts/{login}"}
    access = Access(settings["service_account_file"], settings["token_url"], headers)
    return Client(settings["base_url"], access, pause_of=lambda _headers: PACE_SECONDS, failure_of=failure_of)


def destination_of(account: str, login_account: str, product_id: str | None) -> dict[str, Any]:
    """Where rows go: a user list or a conversion action of the account."""
    return {
        "operatingAccount": {"accountType": ACCOUNT_TYPE, "accountId": account},
        "loginAccount": {"accountType": ACCOUNT_TYPE, "accountId": login_account},
        "productDestinationId": product_id,
    }


@lru_cache(maxsize=8)
def _account(key_file: bytes, token_url: str) -> Any:
    """The account of a key file's contents: checking an RSA key costs more than all else of a small sync."""
    from google.oauth2.service_account import Credentials

    return Credentials.from_service_account_info({**orjson.loads(key_file), "token_uri": token_url})


class Access(Mapping[str, str]):
    """``headers``, and an Authorization that is good now: reading it raises DestinationError if there is no token."""

    def __init__(self, key_file: str, token_url: str, headers: Mapping[str, str]) -> None:
        self._key_file, self._token_url = Path(key_file), token_url
        self._headers = dict(headers)
        self._credentials: Any = None

    def __getitem__(self, name: str) -> str:
        return f"Bearer {self._token()}" if name == "Authorization" else self._headers[name]

    def __iter__(self) -> Iterator[str]:
        yield "Authorization"
        yield from self._headers

    def __len__(self) -> int:
        return 1 + len(self._headers)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._key_file.name})"

    def _token(self) -> str:
        from dlt.sources.helpers.requests import Client as RetryingClient
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request

        try:
            if self._credentials is None:
                self._credentials = _account(self._key_file.read_bytes(), self._token_url).with_scopes([SCOPE])
            if not self._credentials.valid:
                self._credentials.refresh(Request(RetryingClient(raise_for_status=False).session))
        except (OSError, ValueError, TypeError) as error:
            kind = type(error).__name__
            raise DestinationError(f"GOOGLE_SERVICE_ACCOUNT_FILE is no key file of a service account: {kind}") from None
        except GoogleAuthError as error:  # its text may quote the assertion
            kind = type(error).__name__
            raise DestinationError(
                f"POST token: {kind}: Google gave no token; make a new key for the service account of "
                "GOOGLE_SERVICE_ACCOUNT_FILE, or check GOOGLE_TOKEN_URL"
            ) from None
        return str(self._credentials.token)
