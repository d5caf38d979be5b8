"""TikTok's Business API as a source needs it: one envelope for answers and errors, pauses, pages that are counted.

An error comes with status 200 and a ``code`` in the body, so the HTTP client's retries do not see it: "too fast" and
TikTok's own troubles are asked for again here, after pauses that grow, since no header tells how long. Pages have
numbers and no cursor: what came in between two calls shifts the rest, so a list counts only if as many different rows
were read as TikTok says there are. The token travels in a header, never in an address.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from requests import Request, Response

from ingestion import http
from ingestion.http import ATTEMPTS, LONGEST_PAUSE_SECONDS, Documents, rest_client, server_now

OK, TOO_FAST = 0, 40100
MAINTENANCE = (60001, 61000)
TROUBLE = range(50000, 60000)
ROWS_PER_PAGE = 1_000  # TikTok's own default is 10
NEXT_STEPS = {
    **dict.fromkeys((40102, 40104, 40105), "TIKTOK_ACCESS_TOKEN was revoked or is wrong: authorise the app anew"),
    **dict.fromkeys((40001, 40003, 40300, 40301), "the token may not see this advertiser: authorise the app for it"),
    **dict.fromkeys((40006, 40051, 41001), "TIKTOK_API_VERSION is no longer served: set a newer one"),
}
Row = dict[str, Any]
log = logging.getLogger(__name__)


class TikTokError(RuntimeError):
    """TikTok refused a call; ``code`` is its number, -1 for an answer that is not TikTok's."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class Api(Documents):
    """The client of one access token; paths are below ``<base_url>/<api_version>``. ``now`` is TikTok's clock."""

    def __init__(self, base_url: str, api_version: str, access_token: str) -> None:
        headers = {"Access-Token": access_token}
        plain = rest_client(f"{base_url}/{api_version}", headers)
        super().__init__(base_url=plain.base_url, headers=headers, session=plain.session)
        self.now = server_now(Response())

    def _send_request(self, request: Request, **named: Any) -> Response:
        """Send until TikTok answers. Raises TikTokError for what a pause does not mend."""
        attempt = 0
        while True:
            response = super()._send_request(request, **named)
            self.now = server_now(response)
            refused = _refusal(response)
            if refused is None:
                return response
            attempt += 1
            if not _passes(refused.code) or attempt == ATTEMPTS:
                raise refused
            seconds = min(http.BACKOFF_SECONDS * 2.0**attempt, LONGEST_PAUSE_SECONDS)
            log.info("tiktok: code %d, waiting %.1f s", refused.code, seconds)
            time.sleep(seconds)

    def data(self, path: str, parameters: Mapping[str, Any]) -> Row:
        """What a call answers. Lists and filters travel as JSON in the address."""
        coded = {name: one if isinstance(one, str) else orjson.dumps(one).decode() for name, one in parameters.items()}
        found: Row = orjson.loads(self.get(f"{path}/", params=coded).content)["data"]
        return found

    def rows(self, path: str, parameters: Mapping[str, Any], key: Callable[[Row], str]) -> Sequence[Row]:
        """The rows of all pages of a list, each once. Raises TikTokError if they are fewer than TikTok counts."""
        for attempt in range(1, ATTEMPTS + 1):
            found: dict[str, Row] = {}
            page = pages = 1
            while page <= pages:
                data = self.data(path, {**parameters, "page": page, "page_size": ROWS_PER_PAGE})
                found |= {key(row): row for row in data["list"]}
                page, pages, count = page + 1, data["page_info"]["total_page"], data["page_info"]["total_number"]
            if len(found) >= count:
                return list(found.values())
            log.info("tiktok: %d of %d rows of %s came, reading its pages again (%d)", len(found), count, path, attempt)
        raise TikTokError(f"tiktok: the pages of {path} never hold the {count} rows that TikTok counts", OK)


def _passes(code: int) -> bool:
    """Whether the same call may be taken a little later."""
    return code == TOO_FAST or code in TROUBLE or code in MAINTENANCE


def _refusal(response: Response) -> TikTokError | None:
    """What TikTok's answer complains of, in words that lead on; None for an answer without complaint."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("code"), int):
        return TikTokError(f"tiktok: status {response.status_code} with an answer that is not TikTok's JSON", -1)
    code, text = body["code"], str(body.get("message", "no message"))
    if code == OK:
        return None
    next_step = f"{NEXT_STEPS[code]} " if code in NEXT_STEPS else ""
    return TikTokError(f"tiktok: code {code}: {next_step}({text}; request {body.get('request_id')})", code)
