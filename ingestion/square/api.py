"""Square's REST API: one header and one cursor for all lists, and refusals that name their code but never a person.

A list is read by POST with its query in the body, or by GET with it in the URL; the cursor goes where the query goes,
and the query must stay the same from page to page. An empty list may lack its key altogether.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from requests import HTTPError, Response

from ingestion.http import ATTEMPTS, rest_client, server_now

log = logging.getLogger(__name__)


class Refused(RuntimeError):
    """Square answered with errors in a body of status 200; ``codes`` are its words for them."""

    def __init__(self, path: str, errors: list[dict[str, Any]]) -> None:
        self.codes = [str(error.get("code")) for error in errors]
        super().__init__(f"square: {path} answered {', '.join(self.codes)}")


@dataclass(frozen=True)
class Request:
    """One series of pages: a path below /v2, the query, and whether it is posted."""

    path: str
    query: dict[str, Any] = field(default_factory=dict)
    is_post: bool = False


class Cursor(JSONResponseCursorPaginator):
    """``cursor`` of the page as it was read; dlt's own would parse the page a second time."""

    def __init__(self, *, is_post: bool) -> None:
        place = {"cursor_body_path": "cursor"} if is_post else {"cursor_param": "cursor"}
        super().__init__(cursor_path="cursor", **place)

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:  # noqa: ARG002
        self._next_reference = data[0].get("cursor") if data else None


def client_of(settings: dict[str, str]) -> RESTClient:
    """A client for the account that the token belongs to."""
    headers = {
        "Authorization": f"Bearer {settings['access_token']}",
        "Square-Version": settings["version"],
        "Accept": "application/json",
    }
    return rest_client(f"{settings['base_url']}/v2", headers)


def pages(client: RESTClient, request: Request) -> Iterator[dict[str, Any]]:
    """All pages of a request. Raises HTTPError for a status of refusal, Refused for errors in a good one."""
    given = {"json" if request.is_post else "params": dict(request.query)}
    method = "POST" if request.is_post else "GET"
    for (document,) in client.paginate(request.path, method, paginator=Cursor(is_post=request.is_post), **given):
        if document.get("errors"):
            raise Refused(request.path, document["errors"])
        yield document


def items(client: RESTClient, request: Request, key: str) -> Iterator[dict[str, Any]]:
    """The objects of all pages. A cursor that is no longer taken starts the pages anew."""
    for attempt in range(ATTEMPTS):
        try:
            for document in pages(client, request):
                yield from document.get(key) or ()
            return
        except HTTPError as error:
            if attempt == ATTEMPTS - 1 or not _is_bad_cursor(error.response):
                raise
            log.info("square: the cursor of %s is not valid any more, starting again", request.path)


def locations(client: RESTClient) -> tuple[list[dict[str, Any]], datetime]:
    """The account's locations, closed ones too, and Square's clock."""
    response = client.get("locations")
    response.raise_for_status()
    return orjson.loads(response.content).get("locations") or [], server_now(response)


def at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def later(moment: datetime) -> str:
    """The second after: an end that leaves nothing of its last second out; the position cuts what is too much."""
    return at(moment + timedelta(seconds=1))


def _is_bad_cursor(response: Response | None) -> bool:
    return response is not None and response.status_code == 400 and "cursor" in response.text.lower()
