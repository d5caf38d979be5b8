"""Zendesk's protocol: a token for client id and secret, and three ways of paging behind one parameter each.

API tokens (basic authentication) end in April 2027 and nobody can make new ones, so they are not supported. Exports
allow ten calls a minute: a refusal's ``Retry-After`` is waited out by the client, and pages are as large as may be.
"""

from __future__ import annotations

import logging
from calendar import timegm
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from dlt.sources.helpers.requests import Request
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from requests import HTTPError, Response

from ingestion.http import ATTEMPTS, rest_client, server_now
from ingestion.zendesk.feeds import Document, Feed, after

YOUNGEST = timedelta(seconds=61)  # exports refuse a start that is younger than a minute
log = logging.getLogger(__name__)


class Stuck(RuntimeError):
    """A page by time leads to itself."""


class Follow(JSONResponseCursorPaginator):
    """The next page by one parameter; the others stay, as Zendesk's own links drop the side-loads."""

    def __init__(self, parameter: str, reference: Callable[[Document], str | None]) -> None:
        super().__init__(cursor_param=parameter)
        self._reference = reference
        self._before: str | None = None

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:  # noqa: ARG002
        following = self._reference(data[0]) if data else None
        if self.cursor_param == "start_time" and following is not None and following == self._before:
            raise Stuck("zendesk: more happened in one second than a page of ticket events holds")
        self._next_reference = self._before = following

    def update_request(self, request: Request) -> None:
        super().update_request(request)
        if self.cursor_param == "cursor":
            request.params.pop("start_time", None)


def client_of(settings: Mapping[str, str]) -> tuple[RESTClient, datetime]:
    """A client of the account, and Zendesk's clock. Raises HTTPError when id or secret are refused."""
    given = {
        "grant_type": "client_credentials",
        "client_id": settings["client_id"],
        "client_secret": settings["client_secret"],
        "scope": "read",
    }
    response = rest_client(settings["base_url"], {}).post("oauth/tokens", json=given)
    response.raise_for_status()
    token = orjson.loads(response.content)["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    return rest_client(f"{settings['base_url']}/api/{settings['api_version']}", headers), server_now(response)


def objects(
    client: RESTClient, feed: Feed, since: datetime, now: datetime, order_fields: frozenset[int]
) -> Iterator[Document]:
    """The objects of all pages since a moment. A cursor that is no longer taken, or a conflict (409), starts anew."""
    parameters = {**feed.parameters, "start_time": str(timegm(min(since, now - YOUNGEST).timetuple()))}
    for attempt in range(ATTEMPTS):
        try:
            for (page,) in client.paginate(feed.path, params=dict(parameters), paginator=Follow(*feed.follow)):
                yield from feed.objects(page, order_fields)
            return
        except HTTPError as error:
            if attempt == ATTEMPTS - 1 or not _starts_anew(error.response):
                raise
            log.info("zendesk: the pages of %s are not valid any more, starting again", feed.name)


def order_fields(client: RESTClient, title: str) -> frozenset[int]:
    """Ids of the ticket fields of this title, whatever its case: they hold the number of the order."""
    pages = client.paginate("ticket_fields.json", params={"page[size]": "100"}, paginator=Follow("page[after]", after))
    return frozenset(
        field["id"]
        for (page,) in pages
        for field in page["ticket_fields"]
        if field["title"].strip().lower() == title.strip().lower()
    )


def has_no_ratings(error: HTTPError) -> bool:
    """Whether Zendesk says that there is no such list: an account with CSAT surveys has none."""
    return error.response is not None and error.response.status_code in (403, 404)


def _starts_anew(response: Response | None) -> bool:
    if response is None:
        return False
    is_cursor = response.status_code in (400, 422) and "cursor" in response.text.lower()
    return is_cursor or response.status_code == 409
