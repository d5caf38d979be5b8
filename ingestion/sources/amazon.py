"""Amazon (Selling Partner API): orders and what becomes of their money, returns, and the stock that lies at Amazon.

Orders are searched by their last change, all of a change's parts at once. The search shows nothing of the last two
minutes and says up to when it looked: there the next reading begins, a little earlier. Its quota is one page of 100 in
three minutes after the first twenty: the first reading of many orders brings 2,000 at once and then 2,000 an hour.

Money comes two days late and reports some hours or days late, so the last AMAZON_LOOK_BACK_DAYS of both are asked for
again, and what is new of them is landed. Money is asked for 90 days at a time: over 180 days Amazon answers with
nothing and no error. The stock is read as a whole, of the first marketplace: it is one pool, which every marketplace
of a region shows.

Only what sells on Amazon is read, not what Amazon sends for other channels (NON_AMAZON): those orders come from where
they were sold. A buyer is known by an address that belongs to the order alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
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
from ingestion.amazon import access, reports, tables
from ingestion.amazon.api import BEFORE_NOW, Api, Row, at
from ingestion.changed import changed_objects, line_pages
from ingestion.position import Position, utc
from ingestion.tables import Line, ReadBy, Table
from ingestion.window import Window

DESCRIPTION = (
    "Marketplace sales: orders, returns, refunds and fees, and the stock that lies at Amazon; no buyer's name."
)
KINDS = {"amazon", "rest"}
VERSION = selvage.ApiVersion("2026-01-01", None, "orders_version")  # no end of it was told; that of v0 is 2027-03-27
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "token_url": "https://api.amazon.com/auth/o2/token",
    "client_id": selvage.REQUIRED,
    "client_secret": selvage.REQUIRED,
    "refresh_token": selvage.REQUIRED,
    "marketplace_ids": selvage.REQUIRED,
    "orders_version": VERSION.name,
    "look_back_days": "7",
    "start_date": "2025-01-01",
}
FRESHNESS = timedelta(days=7)  # a small seller may go days without an order
NOT_READ = {
    "names, streets and phones of buyers": "Amazon gives them for sending alone and wants them deleted soon after",
    "what buyers wrote about a return": "nobody knows what it holds; the reason that they chose is read",
    "orders that Amazon sends for other channels": "they come from where they were sold, and would count twice",
    "listings and the seller's own stock": "a seller who sends from his own house has it in the shop's system",
    "Amazon's catalogue: parents of sizes, texts, prices": "the shop's own catalogue says what is one product",
    "stock by fulfilment centre, and of further marketplaces of a region": "it is one pool, which each of them shows",
    "releases of money that Amazon held back, balances and payouts": "the marts end at the sale, its fees and refunds",
    "notifications of changed orders": "Amazon sends them to queues of AWS alone",
}

VENDOR = "amazon"
LAG = timedelta(minutes=10)
SPAN = timedelta(days=90)
FINANCES = "finances/2024-06-19/transactions"
INCLUDED = "BUYER,RECIPIENT,PROCEEDS,PROMOTION,CANCELLATION,FULFILLMENT"
SCOPES, probe, count = access.SCOPES, access.probe, access.count
READ_BY = {
    tables.ORDERS.name: ReadBy("updated_at", LAG),
    tables.ORDER_ITEMS.name: ReadBy(of=tables.ORDERS.name),
    tables.INVENTORY_SUMMARIES.name: ReadBy(),
    tables.CUSTOMER_RETURNS.name: ReadBy("returned_at", "look_back_days"),
    tables.INVENTORY_LEDGER.name: ReadBy("happened_at", "look_back_days"),
    tables.TRANSACTIONS.name: ReadBy("posted_at", "look_back_days"),
    tables.TRANSACTION_LINES.name: ReadBy(of=tables.TRANSACTIONS.name),
}
Lines = Iterator[Line]
log = logging.getLogger(__name__)


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """One resource per raw table; those of one list share its reading. With a window, what happened in it."""
    feeds: tuple[tuple[Callable[[Window | None], Lines], tuple[Table, ...]], ...] = (
        (_orders, (tables.ORDERS, tables.ORDER_ITEMS)),
        (_stock, (tables.INVENTORY_SUMMARIES,)),
        (_transactions, (tables.TRANSACTIONS, tables.TRANSACTION_LINES)),
        (partial(_report, tables.CUSTOMER_RETURNS, tables.RETURNS, tables.returned), (tables.CUSTOMER_RETURNS,)),
        (partial(_report, tables.INVENTORY_LEDGER, tables.LEDGER, tables.moved), (tables.INVENTORY_LEDGER,)),
    )
    resources = []
    for read, filled in feeds:
        objects = _objects(filled[0].name, read, window)
        resources += [_rows(table, objects) for table in filled]
    return resources


def _objects(name: str, read: Callable[[Window | None], Lines], window: Window | None) -> DltResource:
    @dlt.resource(name=f"{name}_read", selected=False)
    def objects() -> Iterator[pa.Table]:
        total = 0
        for page in line_pages(read(window)):
            total += page.num_rows
            yield page
        log.info("%s: %s %s read", VENDOR, f"{total:,}", name)

    return objects


def _rows(table: Table, objects: DltResource) -> DltResource:
    rows_of = table.reader()
    moments = [column.name for column in table.columns if column.type == "ts"]

    @dlt.transformer(data_from=objects, name=table.name, **table.hints())
    def rows(page: pa.Table) -> pa.Table | None:
        found = rows_of(page)
        if found is not None:
            reading.note_newest(VENDOR, pc.max(found[moments[-1]]).as_py())
        return found

    return rows


def _client() -> tuple[Api, dict[str, str]]:
    given = selvage.vendor(VENDOR, SETTINGS)
    return Api(given), given


def _now(api: Api) -> datetime:
    """The latest moment that Amazon tells of; asking for a token brings its clock."""
    api.ask_the_time()
    reading.note_now(VENDOR, api.now)
    return api.now - BEFORE_NOW


def _orders(window: Window | None) -> Lines:
    """Every order that changed. The position moves to where Amazon says that it looked, not to our clock."""
    api, given = _client()
    position = Position("orders", LAG, _now(api), window, is_open=False)
    asked = {
        "lastUpdatedAfter": at(position.since or datetime.fromisoformat(given["start_date"])),
        "marketplaceIds": ",".join(access.marketplaces_of(given)),
        "includedData": INCLUDED,
        "maxResultsPerPage": "100",
    }
    if window:
        asked["lastUpdatedBefore"] = at(min(window.end, position.now))
    path = f"orders/{given['orders_version']}/orders"
    seen_to: datetime | None = None
    for page in api.pages(path, asked, "paginationToken", lambda page: (page.get("pagination") or {}).get("nextToken")):
        # pages that were begun anew may look further: what the first ones missed is for the next reading
        looked_to = utc(page["lastUpdatedBefore"])
        seen_to = min(seen_to or looked_to, looked_to)
        if not window:
            position.now = seen_to
            position.until = None
        for found in page.get("orders") or ():
            is_ours = (found.get("salesChannel") or {}).get("channelName") != "NON_AMAZON"
            if position.is_new(found["orderId"], found["lastUpdatedTime"]) and is_ours:
                yield _line(found["orderId"], tables.ORDERS, tables.order(found))
    position.complete()


def _stock(window: Window | None) -> Lines:
    """The levels that are not as they were landed: what is on its way changes them without a time of change."""
    api, given = _client()
    marketplace = access.marketplaces_of(given)[0]
    asked = {
        "granularityType": "Marketplace",
        "granularityId": marketplace,
        "marketplaceIds": marketplace,
        "details": "true",
    }
    found: dict[str, Row] = {}
    path = "fba/inventory/v1/summaries"
    for page in api.pages(path, asked, "nextToken", lambda page: (page.get("pagination") or {}).get("nextToken")):
        for one in page["payload"].get("inventorySummaries") or ():
            level = tables.summary(marketplace, one)
            found[level["id"]] = level
    items = ((key, level, level.get("lastUpdatedTime")) for key, level in found.items())
    yield from changed_objects(tables.INVENTORY_SUMMARIES, items, window)


def _transactions(window: Window | None) -> Lines:
    api, given = _client()
    position = _late_position("transactions", api, given, window)
    for since, until in _spans(position, given, SPAN):
        asked = {"postedAfter": at(since), "postedBefore": at(until)}
        pages = api.pages(FINANCES, asked, "nextToken", lambda page: (page.get("payload") or {}).get("nextToken"))
        for page in pages:
            for found in page["payload"].get("transactions") or ():
                if position.is_new(found["transactionId"], found["postedDate"]):
                    yield _line(found["transactionId"], tables.TRANSACTIONS, tables.transaction(found))
    position.complete()


def _report(table: Table, kind: str, keyed: Callable[[Iterator[Row]], Iterable[Row]], window: Window | None) -> Lines:
    api, given = _client()
    position = _late_position(table.name, api, given, window)
    marketplaces = access.marketplaces_of(given)
    for since, until in _spans(position, given, reports.LONGEST):
        for row in keyed(reports.rows(api, kind, marketplaces, since, until)):
            if position.is_new(row["id"], row["moment"]):
                yield _line(row["id"], table, row)
    position.complete()


def _late_position(name: str, api: Api, given: dict[str, str], window: Window | None) -> Position:
    """A list whose rows come days late: those of the look-back are remembered, so that none is landed twice."""
    return Position(name, timedelta(days=int(given["look_back_days"])), _now(api), window, is_open=False)


def _spans(position: Position, given: dict[str, str], longest: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """The time that is to be read, in parts that Amazon answers."""
    since = position.since or datetime.fromisoformat(given["start_date"])
    until = min(position.until or position.now, position.now)
    while since < until:
        end = min(since + longest, until)
        yield since, end
        since = end


def _line(key: str, table: Table, document: Row) -> Line:
    return key, None, 1, table.kind, orjson.dumps(document).decode()
