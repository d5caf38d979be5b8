"""One HTTP client for all destinations: dlt's retrying session, paced by the limits that the vendor states.

dlt's session repeats what failed with 429 (after the vendor's Retry-After), 5xx or a broken connection. On top of it
this client waits before a call when the last answer said that the window is used up, and turns every answer into a
``Reply`` or an error whose text holds the method, the path and the status: never a query, a body or a vendor's free
text, since these quote e-mail addresses and phone numbers.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson

from activation.destination import BatchRefused, DestinationError

REFUSED = (400, 409, 413, 422)
GONE = (404, 410)
TIMEOUT_SECONDS = 60
ATTEMPTS = 8
BACKOFF_SECONDS = 0.25  # doubled at each attempt: the eighth comes 32 s after the first
LONGEST_WAIT_SECONDS = 120


class NotFound(DestinationError):
    """404 or 410: what the path names is not there."""


@dataclass(frozen=True)
class Reply:
    """A successful answer."""

    status: int
    body: Mapping[str, Any] = field(repr=False)
    request_id: str | None


@dataclass
class Client:
    """Calls below one base URL. ``limit_headers``: the vendor's names for calls left and seconds to the reset."""

    base_url: str
    headers: Mapping[str, str] = field(repr=False)
    limit_headers: tuple[str, str] = ("RateLimit-Remaining", "RateLimit-Reset")
    request_id_headers: tuple[str, ...] = ("X-Request-Id", "CF-Ray")
    sleep: Callable[[float], None] = time.sleep
    calls: int = 0
    _session: Any = field(default=None, repr=False)
    _not_before: float = 0.0

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Reply:
        return self.call("GET", path, params=params)

    def call(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Reply:
        """Raises BatchRefused (the vendor refused the content), NotFound, or DestinationError (all else)."""
        import requests

        url = path if path.startswith("http") else f"{self.base_url.rstrip('/')}/{path.lstrip('/')}"
        what = f"{method} {urlsplit(url).path}"
        pause = self._not_before - time.monotonic()
        if pause > 0:
            self.sleep(min(pause, LONGEST_WAIT_SECONDS))
        self.calls += 1
        try:
            response = self._open().request(method, url, params=params, data=body, headers=dict(self.headers))
        except requests.RequestException as error:
            # The original error quotes the whole URL, filters with addresses included: it must not travel on.
            raise DestinationError(f"{what}: {type(error).__name__}") from None
        self._heed(response.headers)
        request_id = self._request_id(response)
        if response.ok:
            return Reply(response.status_code, _json(response.content), request_id)
        text = f"{what}: {response.status_code} {_codes(_json(response.content))}".strip()
        if response.status_code in REFUSED:
            raise BatchRefused(text, request_id)
        raise (NotFound if response.status_code in GONE else DestinationError)(text)

    def _open(self) -> Any:
        if self._session is None:
            from dlt.sources.helpers.requests import Client as RetryingClient  # a second of import: only when we call

            self._session = RetryingClient(
                request_timeout=TIMEOUT_SECONDS,
                raise_for_status=False,
                request_max_attempts=ATTEMPTS,
                request_backoff_factor=BACKOFF_SECONDS,
                request_max_retry_delay=LONGEST_WAIT_SECONDS,
            ).session
        return self._session

    def _heed(self, headers: Mapping[str, str]) -> None:
        remaining, reset = (headers.get(name) for name in self.limit_headers)
        if remaining and reset and _number(remaining) == 0:
            self._not_before = time.monotonic() + (_number(reset) or 0)

    def _request_id(self, response: Any) -> str | None:
        for name in self.request_id_headers:
            if value := response.headers.get(name):
                return str(value)
        errors = _json(response.content).get("errors")
        if isinstance(errors, list) and errors and isinstance(errors[0], dict):
            return str(errors[0].get("id") or "") or None
        return None


def _number(text: str) -> float | None:
    try:
        return float(re.split("[,;]", text, maxsplit=1)[0])
    except ValueError:
        return None


def _json(content: bytes) -> Mapping[str, Any]:
    try:
        read = orjson.loads(content) if content else {}
    except orjson.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) else {"data": read}


def _codes(body: Mapping[str, Any]) -> str:
    """The machine-readable part of an error list (code and the field it points to)."""
    errors = body.get("errors")
    found = [error_code(error) for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    return ", ".join(sorted(set(found)))[:200]


def error_code(error: Mapping[str, Any]) -> str:
    """``code: field`` of one JSON:API error. ``detail`` and ``title`` are left out: vendors quote values in them."""
    source = error.get("source")
    pointer = str(source.get("pointer") or "") if isinstance(source, Mapping) else ""
    name = pointer.rstrip("/").rsplit("/", 1)[-1]
    code = str(error.get("code") or "error")
    return f"{code}: {name}" if name and not name.isdigit() and name not in ("data", "attributes") else code
