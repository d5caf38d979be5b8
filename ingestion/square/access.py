"""What a Square token may do and how much it would bring, asked before anything is landed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from dlt.sources.helpers.rest_client import RESTClient
from requests import Response

from ingestion.connect import Finding
from ingestion.square import tables
from ingestion.square.api import Request, client_of, locations, pages
from ingestion.square.feeds import FEEDS, Span, customers

OF_LOCATIONS = "MERCHANT_PROFILE_READ"
SCOPES = (OF_LOCATIONS, *dict.fromkeys(feed.scope for feed in FEEDS))


def probe(settings: dict[str, str]) -> Iterator[Finding]:
    """Findings about the token, then one per scope: a list that needs it is asked for one object."""
    client = client_of(settings)
    first = client.get("locations")
    yield _finding(OF_LOCATIONS, first)
    if not first.ok:
        return
    found, now = locations(client)
    active = sum(location.get("status") == "ACTIVE" for location in found)
    text = f"{len(found)} locations, {active} of them active"
    yield Finding("locations", bool(found), text, "" if found else "Use the token of the account that owns the stores.")
    span = Span(now - timedelta(days=1), now, tuple(location["id"] for location in found[:1]))
    for scope, feed in {feed.scope: feed for feed in FEEDS}.items():
        for request in feed.requests(span):
            yield _finding(scope, _one(client, request))


def _one(client: RESTClient, request: Request) -> Response:
    query = {**request.query, "limit": 1}
    return client.post(request.path, json=query) if request.is_post else client.get(request.path, params=query)


def _finding(scope: str, response: Response) -> Finding:
    """What an answer says about a scope: 401 is the token itself, 403 what it may not do."""
    if response.ok:
        return Finding(scope, True, "granted")
    steps = {
        401: "The token is not valid (any more): copy the production access token anew from the Developer Console.",
        403: f"Grant {scope} to the application and make a new token.",
    }
    step = steps.get(response.status_code, "Try again later; if it stays so, look at Square's status page.")
    return Finding(scope, False, f"Square answered {response.status_code}", step)


def count(settings: dict[str, str], since: datetime) -> dict[str, int | None]:  # noqa: ARG001 - it counts no documents
    """Rows of a first landing by table; Square counts customers and locations, and of the rest it does not tell."""
    client = client_of(settings)
    found, now = locations(client)
    numbers: dict[str, int | None] = {tables.LOCATIONS.name: len(found)}
    for feed in FEEDS:
        numbers.update(dict.fromkeys(table.name for table in feed.tables))
    for request in customers(Span(None, now, ())):
        query = {**request.query, "limit": 1, "count": True}
        numbers[tables.CUSTOMERS.name] = next(pages(client, Request(request.path, query, is_post=True))).get("count")
    return numbers
