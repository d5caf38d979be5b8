"""Zendesk Support: tickets with their metrics, who wrote when, users with their identities, and ratings.

Tickets and users come by cursor exports, comments from the export of ticket events by time, which shows those of
tickets that have not changed since and repeats rows of one second. Each reading begins by time, a little before the
last one, instead of at a kept cursor: so a cursor that Zendesk has forgotten costs nothing, and what exports hold back
for a minute is found. Tickets go by ``generated_timestamp``, which the system moves without ``updated_at``. Users are
read from the first on, whatever the start date: an agent who has not changed for years still answers.

Nothing that people wrote is landed: neither subjects nor descriptions, and comments are not even asked for (the events
say that there is one, and whether it is public). Deleted tickets come as such, and nobody asks for their comments,
which are gone. A user that was merged away is reported no more: its row stays, its addresses come with the other user.

CSAT is read as satisfaction ratings. An account has either these or CSAT surveys, whose answers have no list that one
could read; then nothing comes, and the run says so.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import dlt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from dlt.extract.resource import DltResource
from requests import HTTPError

import selvage
from ingestion import reading
from ingestion.news import news
from ingestion.position import Position
from ingestion.tables import Line, ReadBy, Table, page_of
from ingestion.window import Window
from ingestion.zendesk import api, connect, tables
from ingestion.zendesk.feeds import EVER, FEEDS, Feed

DESCRIPTION = "Help desk: tickets, when who wrote, users with their addresses, satisfaction ratings; no texts."
KINDS = {"zendesk", "rest"}
VERSION = selvage.ApiVersion("v2", None)  # the only one, and no end of it was told
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "client_id": selvage.REQUIRED,
    "client_secret": selvage.REQUIRED,
    "api_version": VERSION.name,
    "order_field": "Order number",
    "start_date": "2026-01-01",
}
FRESHNESS = timedelta(hours=98)  # a small shop's desk may be quiet over a long weekend
NOT_READ = {
    "subjects, descriptions and comments": "nobody knows what they hold; of a subject an order's number is kept",
    "answers of CSAT surveys": "they have no list that one could read; an account has either these or ratings",
    "organisations, groups, audits, side conversations": "no mart asks for them; metrics come with the ticket",
}
READ_BY = {
    table.name: ReadBy(feed.cursor, feed.lag) if table is feed.tables[0] else ReadBy(of=feed.tables[0].name)
    for feed in FEEDS
    for table in feed.tables
}

VENDOR = "zendesk"
LINES_PER_PAGE = 20_000
SCOPES, probe, count = connect.SCOPES, connect.probe, connect.count
log = logging.getLogger(__name__)


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """One resource per raw table; those of one list share its reading. With a window, what changed in it."""
    resources = list[DltResource]()
    for feed in FEEDS:
        objects = _objects(feed, window)
        resources += [_rows(table, objects) for table in feed.tables]
    return resources


def _objects(feed: Feed, window: Window | None) -> DltResource:
    @dlt.resource(name=f"{feed.name}_read", selected=False)
    def objects() -> Iterator[pa.Table]:
        yield from _read(feed, window)

    return objects


def _rows(table: Table, objects: DltResource) -> DltResource:
    rows_of = table.reader()

    @dlt.transformer(data_from=objects, name=table.name, **table.hints())
    def rows(page: pa.Table) -> pa.Table | None:
        found = rows_of(page)
        if found is not None and table is tables.TICKETS:
            reading.note_newest(VENDOR, pc.max(found["generated_at"]).as_py())
        return found

    return rows


def _read(feed: Feed, window: Window | None) -> Iterator[pa.Table]:
    """Pages of what is new of a list since the last reading."""
    given = selvage.vendor(VENDOR, SETTINGS)
    client, now = api.client_of(given)
    reading.note_now(VENDOR, now)
    position = Position(feed.name, feed.lag, now, window, is_open=False)
    since = position.since or (datetime.fromisoformat(given["start_date"]) if feed.has_start else EVER)
    fields = api.order_fields(client, given["order_field"]) if feed.tables == (tables.TICKETS,) else frozenset[int]()
    lines, total = list[Line](), 0
    try:
        for one in api.objects(client, feed, since, now, fields):
            if position.is_new(str(one["id"]), feed.version(one)):
                lines.append((str(one["id"]), None, 1, feed.name, orjson.dumps(one).decode()))
                total += 1
            if len(lines) >= LINES_PER_PAGE:
                log.info("%s: %s %s read so far", VENDOR, f"{total:,}", feed.name)
                yield news(position, VENDOR, feed.tables, page_of(lines))
                lines = []
    except HTTPError as error:
        if feed.tables != (tables.SATISFACTION_RATINGS,) or not api.has_no_ratings(error):
            raise
        reading.note(VENDOR, "the account has no satisfaction ratings, so no CSAT is read")
        return
    if lines:
        yield news(position, VENDOR, feed.tables, page_of(lines))
    position.complete()
    log.info("%s: %s %s read", VENDOR, f"{total:,}", feed.name)
