"""Square: the tills' sales, returns, payments and refunds, customers, catalogue and stock, over its REST API.

Documents (orders, payments, refunds, stock changes) are read from the start date on, everything else as a whole; later
readings ask for what was updated since the last one, and a little before, as search shows changes late. A sale made
offline comes up to 72 hours after it happened: its update is new then, so it is found. Orders are asked for ten
locations at a time, payments and refunds for one, because Square's own default is the main location alone.

A return is an order of its own, with the sale's id; a new order may hold both (an exchange). Locations have no time of
change: they are compared with what was landed before. Customers that are deleted or merged are not reported by these
reads, but by webhooks, which also name what changed just now (``ingestion.square.webhooks``): the same resources then
read these objects alone. Of the catalogue they tell only that it changed, so its ordinary reading is done; changes of
stock they do not name, these come with the next run.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import dlt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from dlt.extract.resource import DltResource

import selvage
from ingestion import reading
from ingestion.news import news
from ingestion.position import Position
from ingestion.square import access, named, tables, webhooks
from ingestion.square.api import client_of, items, locations
from ingestion.square.feeds import FEEDS, LAG, PARTS_OF_ORDERS, Feed, Span
from ingestion.tables import Line, ReadBy, Table, page_of
from ingestion.window import Window

DESCRIPTION = "Store sales: orders, returns, payments, refunds, customers, catalogue and stock of the tills."
KINDS = {"square", "rest"}
VERSION = selvage.ApiVersion("2026-09-16", None, "version")  # versions of years ago are still served
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "access_token": selvage.REQUIRED,
    "version": VERSION.name,
    "start_date": "2026-01-01",
}
FRESHNESS = timedelta(hours=26)
NOT_READ = {
    "customers that were deleted, unless webhooks are received": "no list reports them; what was landed of them stays",
    "customers that were merged": "their rows stay, as their orders go on bearing their id",
    "movements of loyalty points": "the balance of each account is read",
    "ledgers of gift cards, team members, shifts, cash drawers": "no mart asks for them",
    "transfer orders between stores": "the stock of both places shows what left and what came",
    "payouts and fees": "they are the bank's side of a payment; the marts end at the payment",
}

VENDOR = "square"
LINES_PER_PAGE = 20_000
SCOPES, probe, count = access.SCOPES, access.probe, access.count
WEBHOOK_SETTINGS, verified, erasures = webhooks.SETTINGS, webhooks.verified, named.erasures
READ_BY = {
    tables.LOCATIONS.name: ReadBy(),
    **{
        table.name: ReadBy(of=tables.ORDERS.name) if table in PARTS_OF_ORDERS else ReadBy(feed.version, LAG)
        for feed in FEEDS
        for table in feed.tables
    },
}
BY_NAME = {feed.name: feed for feed in FEEDS}
Reading = Callable[[], Iterator[pa.Table]]
log = logging.getLogger(__name__)


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """One resource per raw table; those of one list share its reading. With a window, what was updated in it."""
    readings = {feed.name: partial(_read, feed, window) for feed in FEEDS}
    return _resources({"locations": partial(_read_locations, window), **readings})


@dlt.source(name=VENDOR)
def delivered(ids: Collection[str]) -> Any:
    """The resources of the lists that these objects belong to, which then bring nothing else.

    Of locations and of the catalogue everything that is new is read, as by an ordinary reading.
    """
    readings: dict[str, Reading] = {}
    for name, keys in webhooks.keys(ids).items():
        if name == "locations":
            readings[name] = partial(_read_locations, None)
        elif name == "catalog":
            readings[name] = partial(_read, BY_NAME[name], None)
        else:
            readings[name] = partial(_read_named, BY_NAME[name], keys)
    return _resources(readings)


def related(ids: Collection[str]) -> list[str]:  # noqa: ARG001 - whatever changes with an object is told of
    return []


def unknown(ids: Collection[str]) -> list[str]:
    """Those of ``ids`` that the account does not have."""
    return named.unknown(client_of(selvage.vendor(VENDOR, SETTINGS)), ids)


def _resources(readings: Mapping[str, Reading]) -> list[DltResource]:
    found = []
    for name, read in readings.items():
        objects = _objects(name, read)
        filled = BY_NAME[name].tables if name in BY_NAME else (tables.LOCATIONS,)
        found += [_rows(table, objects) for table in filled]
    return found


def _objects(name: str, read: Reading) -> DltResource:
    @dlt.resource(name=f"{name}_read", selected=False)
    def objects() -> Iterator[pa.Table]:
        yield from read()

    return objects


def _rows(table: Table, objects: DltResource) -> DltResource:
    rows_of = table.reader()

    @dlt.transformer(data_from=objects, name=table.name, **table.hints())
    def rows(page: pa.Table) -> pa.Table | None:
        found = rows_of(page)
        if found is not None and "updated_at" in found.column_names:
            reading.note_newest(VENDOR, pc.max(found["updated_at"]).as_py())
        return found

    return rows


def _read_locations(window: Window | None) -> Iterator[pa.Table]:
    found, now = locations(client_of(selvage.vendor(VENDOR, SETTINGS)))
    reading.note_now(VENDOR, now)
    seen = {} if window else dlt.current.source_state().setdefault("locations", {})
    lines = list[Line]()
    for location in found:
        text = orjson.dumps(location, option=orjson.OPT_SORT_KEYS)
        digest = hashlib.sha256(text).hexdigest()
        if seen.get(location["id"]) != digest:
            lines.append((location["id"], None, 1, "locations", text.decode()))
            seen[location["id"]] = digest
    if lines:
        yield page_of(lines)


def _read(feed: Feed, window: Window | None) -> Iterator[pa.Table]:
    """Pages of what is new of a feed since the last reading."""
    given = selvage.vendor(VENDOR, SETTINGS)
    client = client_of(given)
    found, now = locations(client)
    reading.note_now(VENDOR, now)
    position = Position(feed.name, LAG, now, window, is_open=False)
    since = position.since or (datetime.fromisoformat(given["start_date"]) if feed.has_start else None)
    span = Span(since, position.until or now, tuple(sorted(location["id"] for location in found)))
    lines, total = list[Line](), 0
    for request in feed.requests(span):
        for raw in items(client, request, feed.key):
            item = feed.item(raw)
            if position.is_new(item["id"], item[feed.version]):
                lines.append(feed.line(item))
                total += 1
            if len(lines) >= LINES_PER_PAGE:
                log.info("%s: %s %s read so far", VENDOR, f"{total:,}", feed.name)
                yield news(position, VENDOR, feed.tables, page_of(lines))
                lines = []
    if lines:
        yield news(position, VENDOR, feed.tables, page_of(lines))
    position.complete()
    log.info("%s: %s %s read", VENDOR, f"{total:,}", feed.name)


def _read_named(feed: Feed, keys: Collection[str]) -> Iterator[pa.Table]:
    return named.read(VENDOR, client_of(selvage.vendor(VENDOR, SETTINGS)), feed, keys)
