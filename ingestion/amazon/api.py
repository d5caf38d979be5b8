"""Amazon's Selling Partner API as a source needs it: tokens of an hour, a quota for each operation, errors in words.

429 and 5xx are repeated by the HTTP client. What is still too fast then is asked for again after the time in which the
operation earns one call (1 / rate, three minutes for the search of orders), as Amazon names no other pause. An expired
token is answered like a missing role, with 403: a new one is tried once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from requests import Request, RequestException, Response

from ingestion.http import ATTEMPTS, Documents, rest_client, server_now

TOO_FAST, FORBIDDEN, BAD_REQUEST = 429, 403, 400
PAUSES = 8
SLOWEST_RATE = 0.0056
TOKEN_MARGIN = timedelta(minutes=2)
BEFORE_NOW = timedelta(minutes=2)
"""Amazon refuses ranges that end later than so long ago."""
NEXT_STEPS = {
    FORBIDDEN: "the app lacks the role for this, the seller took it back, or AMAZON_BASE_URL is another region's",
    404: "the version in AMAZON_ORDERS_VERSION, or the call itself, is no longer served",
}
Row = dict[str, Any]
log = logging.getLogger(__name__)


class AmazonError(RuntimeError):
    """Amazon refused a call; ``status`` is that of HTTP, 0 for an answer that is not the API's."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class Api(Documents):
    """The client of one seller account; ``now`` is Amazon's clock at the last answer, UTC without zone."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        plain = rest_client(settings["base_url"], {})
        super().__init__(base_url=plain.base_url, headers={}, session=plain.session)
        self._settings = settings
        self._token = ""
        self.now = self._expires = server_now(Response())

    def document(self, path: str, parameters: Mapping[str, Any] | None = None, body: Row | None = None) -> Row:
        """What a call answers; with a ``body`` it is posted. Raises AmazonError."""
        response = self.get(path, params=dict(parameters or {})) if body is None else self.post(path, json=body)
        read = orjson.loads(response.content)
        return read if isinstance(read, dict) else {}

    def ask_the_time(self) -> None:
        """Bring ``now`` up to date without spending a call of a scarce operation. Raises AmazonError."""
        self._token = ""
        self._headers()

    def pages(
        self, path: str, parameters: Mapping[str, Any], token: str, next_token: Callable[[Row], str | None]
    ) -> Iterator[Row]:
        """The answers of all pages; ``token`` is the parameter that takes what ``next_token`` finds in an answer.

        A token that is no longer taken (one of the stock lives for 30 seconds) starts the pages anew, so what was
        given before comes again. Raises AmazonError.
        """
        for attempt in range(1, ATTEMPTS + 1):
            following: str | None = None
            try:
                while True:
                    more = {token: following} if following else {}
                    page = self.document(path, {**parameters, **more})
                    following = next_token(page)
                    yield page
                    if not following:
                        return
            except AmazonError as error:
                if error.status != BAD_REQUEST or following is None or attempt == ATTEMPTS:
                    raise
                log.info("amazon: the pages of %s can't be gone on with, starting again", path)

    def _send_request(self, request: Request, **named: Any) -> Response:
        """Send until Amazon answers. Raises AmazonError for what a pause does not mend."""
        is_new = False
        for attempt in range(1, PAUSES + 1):
            request.headers = {**(request.headers or {}), **self._headers()}
            response = super()._send_request(request, **named)
            self.now = server_now(response)
            status = response.status_code
            if status < BAD_REQUEST:
                return response
            if status == FORBIDDEN and not is_new:
                self._token, is_new = "", True
            elif status == TOO_FAST and attempt < PAUSES:
                seconds = _pause(response)
                log.info("amazon: the quota of this operation is used up, waiting %.0f s", seconds)
                time.sleep(seconds)
            else:
                break
        raise _refusal(response)

    def _headers(self) -> dict[str, str]:
        now = datetime.now(UTC).replace(tzinfo=None)
        if not self._token or now >= self._expires:
            found, self.now = _new_token(self._settings)
            self._token = str(found["access_token"])
            self._expires = now + timedelta(seconds=int(found.get("expires_in", 3_600))) - TOKEN_MARGIN
        return {"x-amz-access-token": self._token, "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ")}


def _new_token(settings: Mapping[str, str]) -> tuple[Row, datetime]:
    """An access token for the seller's refresh token, and Amazon's clock. Raises AmazonError without what was sent."""
    body = {"grant_type": "refresh_token"} | {
        name: settings[name] for name in ("refresh_token", "client_id", "client_secret")
    }
    problem = ""
    try:
        response = rest_client(settings["token_url"], {}).session.post(settings["token_url"], data=body)
    except RequestException:
        problem = "AMAZON_TOKEN_URL can't be reached"
    if not problem:
        found = _read(response)
        if response.ok and "access_token" in found:
            return found, server_now(response)
        word = str(found.get("error", f"status {response.status_code}"))
        problem = (
            f"{word}: AMAZON_REFRESH_TOKEN was withdrawn, or is of another app than AMAZON_CLIENT_ID and "
            "AMAZON_CLIENT_SECRET are: authorise the app anew"
        )
    raise AmazonError(f"amazon: Login with Amazon gives no token: {problem}", FORBIDDEN)


def _pause(response: Response) -> float:
    """In how many seconds the operation has earned another call."""
    try:
        rate = float(response.headers.get("x-amzn-RateLimit-Limit", SLOWEST_RATE))
    except ValueError:
        rate = SLOWEST_RATE
    return 1 / max(rate, SLOWEST_RATE)


def _refusal(response: Response) -> AmazonError:
    """What an answer complains of: its code and the next step, without the message, which may quote what was asked."""
    first = next(iter(_read(response).get("errors") or ()), None)
    status = response.status_code
    if not isinstance(first, dict):
        return AmazonError(f"amazon: status {status} with an answer that is not the API's JSON", status)
    step = f": {NEXT_STEPS[status]}" if status in NEXT_STEPS else ""
    return AmazonError(f"amazon: status {status}, {first.get('code')}{step}", status)


def _read(response: Response) -> Row:
    try:
        read = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) else {}


def at(moment: datetime) -> str:
    """A time without zone (UTC) as Amazon takes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
