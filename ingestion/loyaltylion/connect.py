"""What a LoyaltyLion key may read and how much it would bring, asked before anything is landed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice

from dlt.sources.helpers.rest_client import RESTClient

from ingestion.connect import Finding
from ingestion.http import server_now
from ingestion.loyaltylion.feeds import FEEDS, Feed, client_of, items
from ingestion.position import utc

SCOPES = ("read_customers", "read_transactions")
MOST_ROWS = 5_000


def probe(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Each list is asked for one object: a bad key and a missing scope are both answered with 401."""
    client = client_of(settings)
    for scope, feed in zip(SCOPES, FEEDS, strict=True):
        answer = client.get(feed.table.name, params={"limit": "1"})
        if answer.status_code != 401:
            answer.raise_for_status()
            answer.json()
        text = "granted" if answer.ok else f"LOYALTYLION_API_KEY is refused (401): it is not valid, or lacks {scope}."
        step = "" if answer.ok else "Make a program API key with these scopes in LoyaltyLion; it is shown only once."
        yield Finding(scope, answer.ok, text, step)
        if not answer.ok:
            return


def count(settings: Mapping[str, str], since: datetime) -> dict[str, int | None]:
    """Rows by raw table since a day; None for more than MOST_ROWS, which only reading them would tell."""
    client = client_of(settings)
    first = client.get(FEEDS[0].table.name, params={"limit": "1"})
    first.raise_for_status()
    now = server_now(first)
    return {feed.table.name: _rows(client, feed, since, now) for feed in FEEDS}


def _rows(client: RESTClient, feed: Feed, since: datetime, now: datetime) -> int | None:
    found = (one["id"] for one in items(client, feed, since) if since <= utc(one[feed.version]) <= now)
    read = list(islice(found, MOST_ROWS + 1))
    return len(set(read)) if len(read) <= MOST_ROWS else None
