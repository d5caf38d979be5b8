"""Klaviyo: profiles with their consent, events of e-mails, texts and notifications, campaigns, lists, metrics.

Events are read by ``datetime`` in bounded windows, again from a day before the last reading on, because they arrive
late; older latecomers need a backfill. An event may lie in the future: it is landed, but the position stays at the
vendor's clock. Everything else is read by its update. A page may hold fewer rows than asked for; the next link decides.

The protocol is in ``ingestion.klaviyo.api``, the lists and their tables are in ``.feeds``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import dlt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from dlt.extract.resource import DltResource

import selvage
from ingestion import reading
from ingestion.http import server_now
from ingestion.klaviyo import api, connect
from ingestion.klaviyo.feeds import FEEDS, Feed, Span
from ingestion.news import news
from ingestion.position import Position
from ingestion.tables import Line, ReadBy, page_of
from ingestion.window import Window

DESCRIPTION = "E-mail, SMS and push marketing: profiles, consent, message events, campaigns and lists."
KINDS = {"klaviyo", "rest"}
# A revision is served for about two years.
VERSION = selvage.ApiVersion("2026-07-15", date(2028, 7, 15), "revision")
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "api_key": selvage.REQUIRED,
    "revision": VERSION.name,
    "start_date": "2026-01-01",
}
FRESHNESS = timedelta(hours=26)
NOT_READ = {
    "profiles that were deleted": "Klaviyo does not report them; what was landed of them stays",
    "flows, templates and the texts of messages": "an event names the flow and the campaign that it came from",
    "segments, forms, catalogues": "no mart asks for them; audiences are made here",
    "Klaviyo's own reports": "their calls are few a day; sends, opens and clicks are counted from the events",
}
READ_BY = {feed.table.name: ReadBy(feed.version, feed.lag) for feed in FEEDS}

VENDOR = "klaviyo"
LINES_PER_PAGE = 20_000
SCOPES, probe, count = connect.SCOPES, connect.probe, connect.count
log = logging.getLogger(__name__)


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """One resource per raw table; with a window, the events that happened and the objects updated in it."""
    return [_resource(feed, window) for feed in FEEDS]


def _resource(feed: Feed, window: Window | None) -> DltResource:
    rows_of = feed.table.reader()

    @dlt.resource(name=feed.table.name, **feed.table.hints())
    def rows() -> Iterator[pa.Table]:
        for page in _read(feed, window):
            found = rows_of(page)
            if found is not None:
                if feed.table.name == "events":
                    reading.note_newest(VENDOR, pc.max(found["datetime"]).as_py())
                yield found

    return rows


def _read(feed: Feed, window: Window | None) -> Iterator[pa.Table]:
    """Pages of what is new of a feed since the last reading."""
    given = selvage.vendor(VENDOR, SETTINGS)
    client = api.client(given)
    first = client.get("metrics")
    first.raise_for_status()
    now = server_now(first)
    reading.note_now(VENDOR, now)
    is_log = feed.version == "datetime"  # events may lie in the future, changes of objects do not
    position = Position(feed.table.name, feed.lag, now, window, is_open=is_log)
    since = position.since or datetime.fromisoformat(given["start_date"])
    lines, found = list[Line](), 0
    for text in feed.filters(Span(since, position.until if is_log else None, now)):
        for item in api.items(client, feed, text):
            if position.is_new(item["id"], item["attributes"][feed.version]):
                lines.append((item["id"], None, 1, feed.table.kind, orjson.dumps(item).decode()))
                found += 1
            if len(lines) >= LINES_PER_PAGE:
                log.info("%s: %s %s read so far", VENDOR, f"{found:,}", feed.table.name)
                yield news(position, VENDOR, (feed.table,), page_of(lines))
                lines = []
    if lines:
        yield news(position, VENDOR, (feed.table,), page_of(lines))
    position.complete()
    log.info("%s: %s %s read", VENDOR, f"{found:,}", feed.table.name)
