"""Square's lists: what each is asked for, which scope it needs, and which raw tables its objects fill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from ingestion.square import tables
from ingestion.square.api import Request, at, later
from ingestion.tables import Line, Table

LOCATIONS_PER_SEARCH = 10
MARGIN = timedelta(seconds=1)
LAG = timedelta(minutes=10)
EVER = datetime(2009, 1, 1)  # noqa: DTZ001 - UTC without zone; there was no Square before


@dataclass(frozen=True)
class Span:
    """What one reading asks for: from ``since`` on (None: everything) to before ``until``, at these locations."""

    since: datetime | None
    until: datetime
    locations: tuple[str, ...]


@dataclass(frozen=True)
class Feed:
    """One list of the API and the tables its objects fill; ``key`` is where a page has them.

    ``requests`` makes of a span one or more series of pages; ``version`` tells an object's last change. ``item`` makes
    one flat document of what the list gives. ``has_start``: a document, read from the start date on only.
    """

    name: str
    scope: str
    tables: tuple[Table, ...]
    requests: Callable[[Span], Iterator[Request]]
    key: str
    version: str = "updated_at"
    item: Callable[[dict[str, Any]], dict[str, Any]] = lambda found: found
    has_start: bool = False

    def line(self, item: dict[str, Any]) -> Line:
        kind = item["type"] if self.key == "objects" else self.key
        return item["id"], None, 1, kind, orjson.dumps(item).decode()


def customers(span: Span) -> Iterator[Request]:
    """Without a query they would come by name, and a page could be missed."""
    updated = {"start_at": at((span.since or EVER) - MARGIN), "end_at": later(span.until)}
    query = {"filter": {"updated_at": updated}, "sort": {"field": "CREATED_AT", "order": "ASC"}}
    yield Request("customers/search", {"limit": 100, "query": query}, is_post=True)


def _loyalty(_span: Span) -> Iterator[Request]:
    """All accounts each time: the search knows no date."""
    yield Request("loyalty/accounts/search", {"limit": 200}, is_post=True)


def _orders(span: Span) -> Iterator[Request]:
    """The sort must be by the date that is filtered."""
    updated = {"start_at": at((span.since or EVER) - MARGIN), "end_at": later(span.until)}
    query = {
        "filter": {"date_time_filter": {"updated_at": updated}},
        "sort": {"sort_field": "UPDATED_AT", "sort_order": "ASC"},
    }
    for start in range(0, len(span.locations), LOCATIONS_PER_SEARCH):
        some = span.locations[start : start + LOCATIONS_PER_SEARCH]
        body = {"location_ids": list(some), "query": query, "limit": 500, "return_entries": False}
        yield Request("orders/search", body, is_post=True)


def _by_location(path: str) -> Callable[[Span], Iterator[Request]]:
    """``begin_time`` is the time of creation; without it only the last year is looked at."""

    def requests(span: Span) -> Iterator[Request]:
        for location in span.locations:
            yield Request(
                path,
                {
                    "location_id": location,
                    "begin_time": at(EVER),
                    "updated_at_begin_time": at((span.since or EVER) - MARGIN),
                    "updated_at_end_time": later(span.until),
                    "sort_field": "UPDATED_AT",
                    "sort_order": "ASC",
                    "limit": 100,
                },
            )

    return requests


def _catalog(span: Span) -> Iterator[Request]:
    """``begin_time`` leaves out what changed in that very moment."""
    begin = {"begin_time": at(span.since - MARGIN)} if span.since else {}
    types = {"object_types": ["ITEM", "ITEM_VARIATION"], "include_deleted_objects": True}
    yield Request("catalog/search", {**types, **begin, "limit": 1000}, is_post=True)


def _counts(span: Span) -> Iterator[Request]:
    after = {"updated_after": at(span.since - MARGIN)} if span.since else {}
    yield Request("inventory/counts/batch-retrieve", {**after, "limit": 1000}, is_post=True)


def _changes(span: Span) -> Iterator[Request]:
    body = {
        "types": ["PHYSICAL_COUNT", "ADJUSTMENT"],
        "updated_after": at((span.since or EVER) - MARGIN),
        "updated_before": later(span.until),
        "limit": 1000,
    }
    yield Request("inventory/changes/batch-retrieve", body, is_post=True)


def _order(found: dict[str, Any]) -> dict[str, Any]:
    """Lines are numbered, and returned lines are brought together with what their return says of them."""
    for number, line in enumerate(found.get("line_items") or (), start=1):
        line["number"] = number
    found["return_lines"] = [
        {**line, "return_uid": one.get("uid"), "source_order_id": one.get("source_order_id")}
        for one in found.get("returns") or ()
        for line in one.get("return_line_items") or ()
    ]
    return found


def _count(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "id": ":".join((found["catalog_object_id"], found["location_id"], found["state"]))}


def _change(found: dict[str, Any]) -> dict[str, Any]:
    return {**found[found["type"].lower()], "type": found["type"]}


PARTS_OF_ORDERS = (
    tables.ORDER_LINES,
    tables.ORDER_RETURNS,
    tables.ORDER_RETURN_LINES,
    tables.ORDER_FULFILLMENTS,
)
FEEDS = (
    Feed("customers", "CUSTOMERS_READ", (tables.CUSTOMERS,), customers, "customers"),
    Feed("loyalty", "LOYALTY_READ", (tables.LOYALTY_ACCOUNTS,), _loyalty, "loyalty_accounts"),
    Feed("orders", "ORDERS_READ", (tables.ORDERS, *PARTS_OF_ORDERS), _orders, "orders", item=_order, has_start=True),
    Feed("payments", "PAYMENTS_READ", (tables.PAYMENTS,), _by_location("payments"), "payments", has_start=True),
    Feed("refunds", "PAYMENTS_READ", (tables.REFUNDS,), _by_location("refunds"), "refunds", has_start=True),
    Feed("catalog", "ITEMS_READ", (tables.CATALOG_ITEMS, tables.CATALOG_VARIATIONS), _catalog, "objects"),
    Feed("counts", "INVENTORY_READ", (tables.INVENTORY_COUNTS,), _counts, "counts", "calculated_at", _count),
    Feed(
        "changes",
        "INVENTORY_READ",
        (tables.INVENTORY_CHANGES,),
        _changes,
        "changes",
        "created_at",
        _change,
        has_start=True,
    ),
)
