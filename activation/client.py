"""One HTTP client for all destinations: dlt's retrying session, paced by the limits that the vendor states.

dlt's session repeats what failed with 429 (after the vendor's Retry-After), 5xx or a broken connection. On top of it
this client waits before a call when the last answer said that the window is used up, and turns every answer into a
``Reply`` or an error whose text holds the method, the path and the status: never a query, a body or a vendor's free
text, since these quote e-mail addresses and phone numbers.

How a vendor tells of limits and errors is its own: ``pause_of`` and ``failure_of`` of a client say it. Without them it
is a pair of headers and the errors of JSON:API.
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
THROTTLED_SECONDS = 1.0  # at least, and doubled likewise


class NotFound(DestinationError):
    """404 or 410: what the path names is not there."""


class Throttled(DestinationError):
    """Too many calls, said in another way than by 429: the client waits, and calls again."""


@dataclass(frozen=True)
class Reply:
    """A successful answer."""

    status: int
    body: Mapping[str, Any] = field(repr=False)
    request_id: str | None


def failure(what: str, status: int, body: Mapping[str, Any], request_id: str | None) -> DestinationError:
    """What an answer that is no success means, by its status; the codes of a JSON:API error list go into the text."""
    text = f"{what}: {status} {_codes(body)}".strip()
    if status in REFUSED:
        return BatchRefused(text, request_id)
    return (NotFound if status in GONE else DestinationError)(text)


@dataclass
class Client:
    """Calls below one base URL. ``limit_headers``: the vendor's names for calls left and seconds to the reset."""

    base_url: str
    headers: Mapping[str, str] = field(repr=False)
    limit_headers: tuple[str, str] = ("RateLimit-Remaining", "RateLimit-Reset")
    request_id_headers: tuple[str, ...] = ("X-Request-Id", "CF-Ray")
    pause_of: Callable[[Mapping[str, str]], float] | None = None
    """Headers of an answer -> seconds to stay away after it, where ``limit_headers`` are not the vendor's way."""
    failure_of: Callable[[str, int, Mapping[str, Any], str | None], DestinationError] = failure
    """(method and path, status, body, request id) of an answer that is no success -> the error to raise."""
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
        url = path if path.startswith("http") else f"{self.base_url.rstrip('/')}/{path.lstrip('/')}"
        what = f"{method} {urlsplit(url).path}"
        for attempt in range(1, ATTEMPTS + 1):
            response = self._send(method, url, what, params, body)
            request_id = self._request_id(response)
            if response.ok:
                return Reply(response.status_code, _json(response.content), request_id)
            refused = self.failure_of(what, response.status_code, _json(response.content), request_id)
            if not isinstance(refused, Throttled) or attempt == ATTEMPTS:
                raise refused
            self._stay_away(THROTTLED_SECONDS * 2 ** (attempt - 1))
        raise AssertionError("the last attempt raises")

    def _send(self, method: str, url: str, what: str, params: Mapping[str, str] | None, body: bytes | None) -> Any:
        """One answer, once the last one's pause is over."""
        import requests

        pause = self._not_before - time.monotonic()
        if pause > 0:
            self.sleep(min(pause, LONGEST_WAIT_SECONDS))
        self.calls += 1
        try:
            response = self._open().request(method, url, params=params, data=body, headers=dict(self.headers))
        except requests.RequestException as error:
            # The original error quotes the whole URL, filters with addresses included: it must not travel on.
            raise DestinationError(f"{what}: {type(error).__name__}") from None
        self._not_before = 0.0
        self._stay_away(self._pause(response.headers))
        return response

    def _stay_away(self, seconds: float) -> None:
        if seconds > 0:
            self._not_before = max(self._not_before, time.monotonic() + seconds)

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

    def _pause(self, headers: Mapping[str, str]) -> float:
        if self.pause_of:
            return self.pause_of(headers)
        remaining, reset = (headers.get(name) for name in self.limit_headers)
        return (_number(reset) or 0.0) if remaining and reset and _number(remaining) == 0 else 0.0

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
