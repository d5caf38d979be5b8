"""Klaviyo's protocol: JSON:API pages behind a key and a revision.

A retired revision would be answered with another shape and status 200; the opt-out header makes that an error (410).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import BaseNextUrlPaginator
from requests import HTTPError, Response

from ingestion.http import ATTEMPTS, rest_client
from ingestion.klaviyo.feeds import CHANNELS, Feed

MEDIA_TYPE = "application/vnd.api+json"
log = logging.getLogger(__name__)


def client(settings: Mapping[str, str]) -> RESTClient:
    """A retrying client of the account that the key belongs to."""
    return rest_client(
        settings["base_url"],
        {
            "Authorization": f"Klaviyo-API-Key {settings['api_key']}",
            "revision": settings["revision"],
            "X-Klaviyo-Revision-Fall-Forward-Opt-Out": "1",
            "Accept": MEDIA_TYPE,
        },
    )


def items(client: RESTClient, feed: Feed, text: str) -> Iterator[dict[str, Any]]:
    """The objects of all pages of one filter. A cursor that is no longer taken starts the pages anew."""
    parameters = {**feed.parameters, **({"filter": text} if text else {})}
    channel = next((one for one in CHANNELS if f'"{one}"' in text), None)
    for attempt in range(ATTEMPTS):
        try:
            for (document,) in client.paginate(
                feed.table.name, params=parameters, paginator=NextLink(), data_selector="$"
            ):
                attributions = _attributions(document)
                for item in document["data"]:
                    item["channel"], item["attribution"] = channel, attributions.get(item["id"])
                    yield item
            return
        except HTTPError as error:
            if attempt == ATTEMPTS - 1 or not _is_bad_cursor(error.response):
                raise
            log.info("klaviyo: the cursor of %s is not valid any more, starting again", feed.table.name)


class NextLink(BaseNextUrlPaginator):
    """Follows ``links.next`` of the page as it was read; dlt's own would parse the page a second time."""

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:  # noqa: ARG002
        self._next_reference = data[0]["links"].get("next") if data else None


def _attributions(document: dict[str, Any]) -> dict[str, Any]:
    """Event id -> what it is attributed to: ``{campaign: {data: {id}}, flow: ...}``."""
    found = (one["relationships"] for one in document.get("included", ()) if one["type"] == "attribution")
    return {one["event"]["data"]["id"]: one for one in found}


def _is_bad_cursor(response: Response | None) -> bool:
    return response is not None and response.status_code == 400 and "cursor" in response.text.lower()
