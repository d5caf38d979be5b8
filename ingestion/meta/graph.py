"""Meta's Graph API as a source needs it: pages by cursor, pauses as told, asynchronous reports, errors in words.

Meta answers "too fast" with status 400 and a code of its own, so the HTTP client's retries do not see it. Here such an
answer is asked for again after the pause that the usage header names; a header that shows a limit used up makes us
wait before the next call, which costs less than being refused. The token travels in a header, never in an address:
addresses end up in error messages.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any

import orjson
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from requests import Request, Response

from ingestion import http
from ingestion.http import ATTEMPTS, Documents, rest_client

THROTTLED = {4, 17, 32, 613, 80000, 80003, 80004, 80014}
TRANSIENT = {1, 2}
BAD_TOKEN, BAD_PARAMETER = {102, 190}, 100
NOT_ALLOWED = {3, 10, *range(200, 300)}
TOO_MUCH = "reduce the amount of data"
BY_USE_CASE, REGAIN = "X-Business-Use-Case-Usage", "estimated_time_to_regain_access"
USAGE = (BY_USE_CASE, "X-App-Usage", "X-Ad-Account-Usage", "X-Fb-Ads-Insights-Throttle")
SHARES = ("_count", "_time", "_cputime", "_pct")  # how the names of shares of a limit end, in per cent
USED_UP = 100
MINUTE, LONGEST_PAUSE = 60.0, 3600.0
POLL_FROM, POLL_TO, POLL_LIMIT = 0.1, 30.0, 3600.0
log = logging.getLogger(__name__)


class GraphError(RuntimeError):
    """Meta refused a call; ``code`` is its number, 0 for an answer that is not Meta's."""

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.code = code


class TooMuchData(GraphError):
    """The report is too large for Meta to make; a shorter span of days may do."""


class Cursor(JSONResponseCursorPaginator):
    """``paging.cursors.after`` as long as there is a next page: the last page has a cursor too, which leads nowhere."""

    def __init__(self) -> None:
        super().__init__(cursor_param="after")

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:  # noqa: ARG002
        paging = (data[0].get("paging") or {}) if data else {}
        self._next_reference = paging["cursors"]["after"] if paging.get("next") else None


class Graph(Documents):
    """The client of one access token; paths are below ``<base_url>/<api_version>``."""

    def __init__(self, base_url: str, api_version: str, access_token: str) -> None:
        headers = {"Authorization": f"Bearer {access_token}"}
        plain = rest_client(f"{base_url}/{api_version}", headers)
        super().__init__(base_url=plain.base_url, headers=headers, session=plain.session)

    def _send_request(self, request: Request, **named: Any) -> Response:
        """Send until Meta answers. Raises GraphError, or TooMuchData, for what a pause does not mend."""
        attempt = 0
        while True:
            response = super()._send_request(request, **named)
            refused = _refusal(response)
            if refused is None:
                if minutes := _minutes_to_wait(response):
                    self._pause(minutes * MINUTE, "the limit is used up")
                return response
            attempt += 1
            if refused.code not in THROTTLED | TRANSIENT or isinstance(refused, TooMuchData) or attempt == ATTEMPTS:
                raise refused
            told = _minutes_to_wait(response) * MINUTE if refused.code in THROTTLED else 0.0
            self._pause(told or http.BACKOFF_SECONDS * 2.0**attempt, f"code {refused.code}")

    @staticmethod
    def _pause(seconds: float, reason: str) -> None:
        seconds = min(seconds, LONGEST_PAUSE)
        log.info("meta: %s, waiting %.0f s", reason, seconds)
        time.sleep(seconds)

    def document(self, path: str, parameters: dict[str, str]) -> dict[str, Any]:
        """One object."""
        found: dict[str, Any] = orjson.loads(self.get(path, params=parameters).content)
        return found

    def items(self, path: str, parameters: dict[str, str]) -> Iterator[dict[str, Any]]:
        """The objects of all pages of a list. A cursor that is no longer taken starts the pages anew."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                for (page,) in self.paginate(
                    path, params=dict(parameters), paginator=Cursor(), data_selector="$", hooks={"response": []}
                ):
                    yield from page["data"]
                return
            except GraphError as error:
                if error.code != BAD_PARAMETER or "cursor" not in str(error).lower() or attempt == ATTEMPTS:
                    raise
                log.info("meta: the cursor of %s is not valid any more, starting again", path)

    def report(self, account: str, parameters: dict[str, str]) -> Iterator[dict[str, Any]]:
        """The rows of an asynchronous insights report. Raises TooMuchData when Meta can't make it."""
        run = str(orjson.loads(self.post(f"{account}/insights", data=parameters).content)["report_run_id"])
        pause, waited = POLL_FROM, 0.0
        while True:
            state = self.document(run, {"fields": "async_status,async_percent_completion"})
            status = state["async_status"]
            # Completed may stand there before the last per cent does.
            if status == "Job Completed" and int(state["async_percent_completion"]) == USED_UP:
                break
            if status in ("Job Failed", "Job Skipped") or waited > POLL_LIMIT:
                raise TooMuchData(f"meta: report {run} of {account} ended as {status!r} after {waited:.0f} s")
            time.sleep(pause)
            waited, pause = waited + pause, min(2 * pause, POLL_TO)
        yield from self.items(f"{run}/insights", {"limit": "500"})


def _refusal(response: Response) -> GraphError | None:
    """What Meta's answer complains of, in words that lead on; None for an answer without complaint."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        body = None
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        if response.status_code < 400 and isinstance(body, dict):
            return None
        return GraphError(f"meta: status {response.status_code} with an answer that is not Meta's JSON")
    code, text = int(error.get("code", 0)), str(error.get("message", "no message"))
    if TOO_MUCH in text.lower():
        return TooMuchData(f"meta: {text}", code)
    if code in BAD_TOKEN:
        text = f"the access token is not taken any more: make a new one and set META_ACCESS_TOKEN ({text})"
    elif code in NOT_ALLOWED:
        text = f"the access token lacks a right, such as ads_read on the account ({text})"
    return GraphError(f"meta: code {code}: {text}", code)


def _minutes_to_wait(response: Response) -> float:
    """Minutes until access is regained, where a usage header shows a limit as used up; 0 otherwise.

    The header by business use case tells them; where it is missing and another is at its end, one minute is waited.
    """
    usages = {name: list(_usages(response.headers[name])) for name in USAGE if name in response.headers}
    told = [float(usage.get(REGAIN) or 0) for usage in usages.get(BY_USE_CASE, ())]
    if told:
        return max(told)
    every = (share for found in usages.values() for usage in found for share in usage.items())
    return 1.0 if any(name.endswith(SHARES) and float(value) >= USED_UP for name, value in every) else 0.0


def _usages(text: str) -> Iterator[dict[str, Any]]:
    """The usages in a header: one object, or lists of them by account."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return
    if isinstance(found, dict):
        lists = [value for value in found.values() if isinstance(value, list)]
        yield from (usage for each in lists for usage in each) if lists else (found,)
