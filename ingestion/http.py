"""dlt's retrying HTTP client, set up for vendors: 429 and 5xx, refused or cut connections and cut bodies are retried.

``Retry-After`` is honoured; otherwise the pauses double. A body that ends in the middle without the connection saying
so (no length, a proxy that gave up) shows in its last byte: JSON ends with a bracket.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
from dlt.sources.helpers.requests import Client
from dlt.sources.helpers.rest_client import RESTClient
from requests import Response

ATTEMPTS = 8
BACKOFF_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 60


class Documents(RESTClient):
    """dlt's client, whose pages are whole documents, read by orjson: requests takes simplejson, ten times slower."""

    def extract_response(self, response: Response, data_selector: Any) -> list[Any]:  # noqa: ARG002
        return [orjson.loads(response.content)]


def rest_client(base_url: str, headers: dict[str, str]) -> RESTClient:
    """A client for one vendor. Errors that remain after the retries are raised by ``paginate`` or the caller."""
    retrying = Client(
        raise_for_status=False,
        request_max_attempts=ATTEMPTS,
        request_backoff_factor=BACKOFF_SECONDS,
        request_max_retry_delay=LONGEST_PAUSE_SECONDS,
        retry_condition=is_cut,
    )
    return Documents(base_url=base_url, headers=headers, session=retrying.session)


def is_cut(response: Response | None, _error: BaseException | None) -> bool:
    """Whether a JSON body ends before its last bracket."""
    kind = response.headers.get("Content-Type", "").partition(";")[0] if response is not None else ""
    if response is None or not kind.endswith("json"):
        return False
    body = response.content.rstrip()
    return bool(body) and body[-1:] not in (b"}", b"]")


def server_now(response: Response) -> datetime:
    """The vendor's clock (its Date header) as UTC without zone; ours if it does not say."""
    date = response.headers.get("Date")
    at = parsedate_to_datetime(date) if date else datetime.now(UTC)
    return at.astimezone(UTC).replace(tzinfo=None)
