"""LoyaltyLion: the members of the points programme and the ledger of their points.

A purchase makes several rows of the ledger (pending, later approved or taken back), and no row ever changes: the
balance at any time is the sum of the rows before it. So the ledger is read from its first row on, whatever the start
date, and later from a little before the last reading. Members come by their last update; each row of the ledger
updates one. Nobody is reported as deleted: who asks the shop to be forgotten must be forgotten here by hand.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dlt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from dlt.extract.resource import DltResource

import selvage
from ingestion import reading
from ingestion.http import server_now
from ingestion.loyaltylion import connect
from ingestion.loyaltylion.feeds import EVER, FEEDS, LAG, Feed, client_of, items
from ingestion.news import news
from ingestion.position import Position
from ingestion.tables import Line, ReadBy, page_of
from ingestion.window import Window

DESCRIPTION = "Points programme: members with their balances, and every point earned, spent or expired."
KINDS = {"loyaltylion", "rest"}
VERSION = selvage.ApiVersion("v2", None)  # no end of it was told
SETTINGS = {"base_url": selvage.REQUIRED, "api_key": selvage.REQUIRED, "api_version": VERSION.name}
FRESHNESS = timedelta(hours=98)  # points follow orders; a small shop may have none over a long weekend
NOT_READ = {
    "members that were deleted": "nobody reports them; who asks to be forgotten is forgotten here by hand",
    "how points and purchases stand now": "a change of them makes a row of the ledger, which never changes itself",
    "rules, rewards and tiers on offer": "no mart asks for what could be earned, only for what was",
}
READ_BY = {feed.table.name: ReadBy(feed.version, LAG) for feed in FEEDS}

VENDOR = "loyaltylion"
LINES_PER_PAGE = 20_000
SCOPES, probe, count = connect.SCOPES, connect.probe, connect.count
log = logging.getLogger(__name__)


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """One resource per raw table; with a window, the members updated and the points moved in it."""
    return [_resource(feed, window) for feed in FEEDS]


def _resource(feed: Feed, window: Window | None) -> DltResource:
    rows_of = feed.table.reader()

    @dlt.resource(name=feed.table.name, **feed.table.hints())
    def rows() -> Iterator[pa.Table]:
        for page in _read(feed, window):
            found = rows_of(page)
            if found is not None:
                reading.note_newest(VENDOR, pc.max(found[feed.version]).as_py())
                yield found

    return rows


def _read(feed: Feed, window: Window | None) -> Iterator[pa.Table]:
    """Pages of what is new of a list since the last reading."""
    client = client_of(selvage.vendor(VENDOR, SETTINGS))
    first = client.get(feed.table.name, params={"limit": "1"})
    first.raise_for_status()
    now = server_now(first)
    reading.note_now(VENDOR, now)
    position = Position(feed.table.name, LAG, now, window, is_open=False)
    lines, total = list[Line](), 0
    for item in items(client, feed, position.since or EVER):
        key = str(item["id"])
        if position.is_new(key, item[feed.version]):
            lines.append((key, None, 1, feed.table.kind, orjson.dumps(item).decode()))
            total += 1
        if len(lines) >= LINES_PER_PAGE:
            log.info("%s: %s %s read so far", VENDOR, f"{total:,}", feed.table.name)
            yield news(position, VENDOR, (feed.table,), page_of(lines))
            lines = []
    if lines:
        yield news(position, VENDOR, (feed.table,), page_of(lines))
    position.complete()
    log.info("%s: %s %s read", VENDOR, f"{total:,}", feed.table.name)
