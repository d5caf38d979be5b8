"""The Google Ads API as a source needs it: a token made from a refresh token, queries page by page, errors in words.

Google's own client speaks gRPC alone, whose pages can't be typed as text; the same queries go over REST. 429 and 5xx
are repeated by the HTTP client; what is still too fast then is asked for again after the pause that Google names. The
developer token is optional since September 2026 and sent where there is one.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import Request as TokenRequest
from google.oauth2.credentials import Credentials
from requests import Request, Response

from ingestion.http import ATTEMPTS, LONGEST_PAUSE_SECONDS, Documents, rest_client, server_now

UNAUTHORISED, PAUSES = 401, 3
LOST_PAGES = {"EXPIRED_PAGE_TOKEN", "INVALID_PAGE_TOKEN"}
FOR_NOW = "RESOURCE_TEMPORARILY_EXHAUSTED"
NEXT_STEPS = {
    "UNSUPPORTED_VERSION": "GOOGLE_ADS_API_VERSION is no longer served: set a newer one",
    "RESOURCE_EXHAUSTED": "the project's operations of this day are used up: they come back within 24 hours",
    "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION": "the Cloud project may read test accounts only: ask Google for access",
    "REQUESTED_METRICS_FOR_MANAGER": "GOOGLE_ADS_CUSTOMER_ID is a manager account: set the account below it",
    **dict.fromkeys(
        ("USER_PERMISSION_DENIED", "NOT_ADS_USER", "CUSTOMER_NOT_ENABLED"),
        "the user of GOOGLE_ADS_REFRESH_TOKEN has no access to this account: give it, or set "
        "GOOGLE_ADS_LOGIN_CUSTOMER_ID to the manager account that it goes through",
    ),
}
Row = dict[str, Any]
log = logging.getLogger(__name__)


class GoogleAdsError(RuntimeError):
    """Google refused a call; ``code`` is its word for why, "" for an answer that is not the API's."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class Api(Documents):
    """The client of one user; ``now`` is Google's clock at the last answer."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        headers = {"Content-Type": "application/json"}
        if settings["developer_token"]:
            headers["developer-token"] = settings["developer_token"]
        if settings["login_customer_id"]:
            headers["login-customer-id"] = settings["login_customer_id"].replace("-", "")
        plain = rest_client(f"{settings['base_url']}/{settings['api_version']}", headers)
        super().__init__(base_url=plain.base_url, headers=headers, session=plain.session)
        self._credentials = Credentials(
            token=None,
            refresh_token=settings["refresh_token"],
            token_uri=settings["token_url"],
            client_id=settings["client_id"],
            client_secret=settings["client_secret"],
        )
        self.now = server_now(Response())

    def rows(self, customer: str, query: str) -> Iterator[Row]:
        """What a query answers, all pages. Pages that can't be gone on with are read again from the first one."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                found: list[Row] = []
                token = ""
                while True:
                    body = {"query": query, **({"pageToken": token} if token else {})}
                    page = orjson.loads(self.post(f"customers/{customer}/googleAds:search", json=body).content)
                    found += page.get("results", [])
                    token = page.get("nextPageToken", "")
                    if not token:
                        yield from found
                        return
            except GoogleAdsError as error:
                if error.code not in LOST_PAGES or attempt == ATTEMPTS:
                    raise
                log.info("google_ads: the pages can't be gone on with, starting again")

    def _send_request(self, request: Request, **named: Any) -> Response:
        """Send until Google answers. Raises GoogleAdsError for what a pause does not mend."""
        for attempt in range(1, PAUSES + 1):
            request.headers = {**(request.headers or {}), "Authorization": f"Bearer {self._token()}"}
            response = super()._send_request(request, **named)
            self.now = server_now(response)
            refused, seconds = _refusal(response)
            if refused is None:
                return response
            is_old = response.status_code == UNAUTHORISED and attempt == 1
            if is_old:
                self._credentials.token = None
            elif refused.code == FOR_NOW and attempt < PAUSES:
                log.info("google_ads: too many calls, waiting %.0f s", seconds)
                time.sleep(seconds)
            else:
                raise refused
        raise AssertionError("the last attempt returns or raises")

    def _token(self) -> str:
        """Raises GoogleAdsError if Google gives none."""
        problem = ""
        if not self._credentials.valid:
            try:
                self._credentials.refresh(TokenRequest(self.session))
            except TransportError:
                problem = "GOOGLE_ADS_TOKEN_URL can't be reached"
            except GoogleAuthError:
                problem = (
                    "GOOGLE_ADS_REFRESH_TOKEN was revoked, or is of another client than GOOGLE_ADS_CLIENT_ID and "
                    "GOOGLE_ADS_CLIENT_SECRET are: make it anew"
                )
        if problem:  # raised here, for the error that led to it may quote what was sent
            raise GoogleAdsError(f"google_ads: Google gives no token: {problem}")
        return str(self._credentials.token)


def _refusal(response: Response) -> tuple[GoogleAdsError | None, float]:
    """What an answer complains of, in words that lead on, and for how long to wait; None for one without complaint."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        body = None
    status = response.status_code
    error = body.get("error") if isinstance(body, dict) else None
    if status < 400 and isinstance(body, dict):
        return None, 0.0
    if not isinstance(error, dict):
        return GoogleAdsError(f"google_ads: status {status} with an answer that is not the API's JSON"), 0.0
    failures = [one for detail in error.get("details") or () for one in detail.get("errors") or ()]
    first = failures[0] if failures else {}
    code = next(iter((first.get("errorCode") or {}).values()), str(error.get("status", "")))
    told = str((first.get("details") or {}).get("quotaErrorDetails", {}).get("retryDelay", ""))
    delay = re.match(r"[\d.]+", told)
    next_step = f"{NEXT_STEPS[code]} " if code in NEXT_STEPS else ""
    text = first.get("message") or error.get("message") or "no message"
    refused = GoogleAdsError(f"google_ads: status {status}, {code}: {next_step}({text})", code)
    return refused, min(float(delay[0]) if delay else LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
