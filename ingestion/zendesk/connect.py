"""What a Zendesk client may read and how much it would bring, asked before anything is landed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice

import orjson
from dlt.sources.helpers.rest_client import RESTClient
from requests import HTTPError

from ingestion.connect import Finding
from ingestion.position import utc
from ingestion.zendesk import api, tables
from ingestion.zendesk.feeds import FEEDS, Document, Feed

SCOPES = ("read",)
MOST_ROWS = 5_000


def probe(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Is the client taken, is it an admin's, can each list be read. Raises what requests raises."""
    try:
        client, now = api.client_of(settings)
    except HTTPError as error:
        if error.response is None or error.response.status_code != 401:
            raise
        text = (
            "ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET are refused (401): they are not of one client, or were reset."
        )
        step = "In the Admin Center under Apps and integrations > APIs > OAuth clients copy both again."
        yield Finding("client", False, text, step)
        return
    yield Finding("client", True, "ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET are taken.")
    answer = client.get("users/me.json")
    answer.raise_for_status()
    role = orjson.loads(answer.content)["user"]["role"]
    step = "" if role == "admin" else "Make the OAuth client as an admin: exports are open to admins alone."
    yield Finding("role", role == "admin", f"The client acts for somebody of the role {role}.", step)
    if role != "admin":
        return
    for feed in FEEDS:
        yield _readable(client, feed, now)
    fields = api.order_fields(client, settings["order_field"])
    text = f"The ticket field '{settings['order_field']}' holds the number of the order."
    if not fields:
        text = f"No ticket field is called '{settings['order_field']}': orders are found by the subject alone."
    yield Finding("order field", True, text)


def _readable(client: RESTClient, feed: Feed, now: datetime) -> Finding:
    try:
        next(api.objects(client, feed, now - timedelta(hours=1), now, frozenset()), None)
    except HTTPError as error:
        if feed.tables != (tables.SATISFACTION_RATINGS,) or not api.has_no_ratings(error):
            raise
        return Finding(feed.name, True, "The account has no satisfaction ratings, so no CSAT is read.")
    return Finding(feed.name, True, "readable")


def count(settings: Mapping[str, str], since: datetime) -> dict[str, int | None]:
    """Rows by raw table since a day; None for more than MOST_ROWS, which only reading them would tell."""
    client, now = api.client_of(settings)
    numbers: dict[str, int | None] = {}
    for feed in FEEDS:
        found = _found(client, feed, since, now)
        for table in feed.tables:
            numbers[table.name] = (
                None if found is None else sum(len(one[table.each]) if table.each else 1 for one in found)
            )
    return numbers


def _found(client: RESTClient, feed: Feed, since: datetime, now: datetime) -> list[Document] | None:
    """The objects since a day, each once; None if there are too many to ask for, or no such list."""
    objects = api.objects(client, feed, since, now, frozenset())
    try:
        read = list(islice((one for one in objects if since <= utc(feed.version(one)) < now), MOST_ROWS + 1))
    except HTTPError as error:
        if not api.has_no_ratings(error):
            raise
        return None
    return list({one["id"]: one for one in read}.values()) if len(read) <= MOST_ROWS else None
