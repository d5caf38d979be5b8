"""Shopify's Admin GraphQL API: customers, orders with all that hangs below them, products, stock, checkouts, drafts.

The first reading asks for the whole history by bulk operations; later ones read, by cursor, what was updated since
(``ingestion.shopify.reader``). Either way an object becomes one line of JSON, and each raw table takes its lines. What
is asked of Shopify follows from the tables (``ingestion.shopify.orders``, ``.catalogue``): a new column is one line.

Refunds, transactions and fulfilments have no list of their own: they come with their order, whose update they cause.
The units that left are those of fulfilment orders; transfers are read in a way of their own
(``ingestion.shopify.transfers``).
Amounts are shop money. Deleted objects are not reported by these reads, but by webhooks, which also name what changed
just now (``ingestion.shopify.webhooks``): the same resources then read these objects alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

import dlt
import pyarrow as pa
import pyarrow.compute as pc
from dlt.extract.resource import DltResource

import selvage
from ingestion import reading
from ingestion.shopify import catalogue, connect, named, orders, removals, transfers, webhooks
from ingestion.shopify.admin import Admin, admin_of
from ingestion.shopify.reader import LAG, Connection, Root, read
from ingestion.tables import ReadBy, Table
from ingestion.window import Window

DESCRIPTION = "The online shop's customers, orders, refunds, products, stock, transfers, abandoned checkouts, drafts."
KINDS = {"shopify", "graphql"}
VERSION = selvage.ApiVersion("2026-10", date(2027, 10, 1))  # a version is served for a year
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "access_token": selvage.REQUIRED,
    "api_version": VERSION.name,
    "start_date": "2026-01-01",
}
FRESHNESS = timedelta(hours=26)
NOT_READ = {
    "objects that were deleted, unless webhooks are received": "no list reports them; what was landed of them stays",
    "amounts in the buyer's currency, but for an order's total": "all sums are of shop money, which each order has too",
    "visits before the last one that led to an order": "the shop's own web events have them",
    "payouts, fees and disputes": "they are the bank's side of a payment; the marts end at the payment",
    "notes of orders and customers, metafields": "no mart asks for them, and nobody knows what people wrote there",
}

VENDOR = "shopify"
SCOPES, probe, count = connect.SCOPES, connect.probe, connect.count
WEBHOOK_SETTINGS, verified, erasures = webhooks.SETTINGS, webhooks.verified, removals.erasures
ROOTS = (
    Root("customers", (orders.CUSTOMERS,), finds_by="day", sorts=True),
    Root(
        "orders",
        (
            orders.ORDERS,
            orders.ORDER_LINES,
            orders.DISCOUNT_ALLOCATIONS,
            orders.ORDER_TRANSACTIONS,
            orders.FULFILLMENTS,
        ),
        connections=(Connection("lineItems", "LineItem"),),
        details="refunds",
        detail_tables=(orders.REFUNDS, orders.REFUND_LINES, orders.RETURN_LINES),
        detail_connections=(Connection("refundLineItems", "RefundLineItem"),),
        sorts=True,
    ),
    Root(
        "fulfillmentOrders",
        (orders.FULFILLMENT_ORDERS, orders.FULFILLMENT_ORDER_LINES),
        connections=(Connection("lineItems", "FulfillmentOrderLineItem"),),
        arguments="includeClosed: true",
        sorts=True,
    ),
    Root("products", (catalogue.PRODUCTS,), sorts=True),
    Root("productVariants", (catalogue.VARIANTS,)),
    Root(
        "locations",
        (catalogue.LOCATIONS, catalogue.INVENTORY_LEVELS),
        connections=(Connection("inventoryLevels", "InventoryLevel", has_own_updates=True),),
        arguments="includeInactive: true",
        finds_by=None,
    ),
    Root(
        "abandonedCheckouts",
        (catalogue.ABANDONED_CHECKOUTS, catalogue.ABANDONED_CHECKOUT_LINES),
        connections=(Connection("lineItems", "AbandonedCheckoutLineItem"),),
    ),
    Root(
        "draftOrders",
        (catalogue.DRAFT_ORDERS, catalogue.DRAFT_ORDER_LINES),
        connections=(Connection("lineItems", "DraftOrderLineItem"),),
        sorts=True,
    ),
)


def _read_by() -> dict[str, ReadBy]:
    """Rows that come with an object are found by its update, but for those with updates of their own."""
    found = {}
    for root in ROOTS:
        alone = {root.kind, *(one.kind for one in root.connections if one.has_own_updates)}
        for table in (*root.tables, *root.detail_tables):
            is_alone = table.kind in alone and not table.each
            found[table.name] = ReadBy("updated_at", LAG) if is_alone else ReadBy(of=root.tables[0].name)
    for table in transfers.TABLES:
        found[table.name] = ReadBy(of=transfers.TRANSFERS.name)
    return found | {transfers.TRANSFERS.name: ReadBy("created_at", transfers.LOOK_BACK)}


READ_BY = _read_by()


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """One resource per raw table; those of one list share its reading. With a window, what was updated in it."""
    resources = []
    for root in ROOTS:
        objects = _objects(root.field, partial(read, root=root, window=window))
        resources += [_rows(table, objects) for table in (*root.tables, *root.detail_tables)]
    moved = _objects(transfers.ROOT, partial(transfers.read, window=window))
    return resources + [_rows(table, moved) for table in transfers.TABLES]


@dlt.source(name=VENDOR)
def delivered(gids: Collection[str]) -> Any:
    """The resources of the lists that these objects belong to, which then bring nothing else."""
    resources = []
    for root in ROOTS:
        if named.wanted(root, gids):
            objects = _objects(root.field, partial(_named, root=root, gids=gids))
            resources += [_rows(table, objects) for table in (*root.tables, *root.detail_tables)]
    return resources


def related(gids: Collection[str]) -> list[str]:
    """Objects that change with these and are told of by no webhook."""
    return named.fulfilments_of(_admin(), gids)


def unknown(gids: Collection[str]) -> list[str]:
    """Those of ``gids`` that the shop does not have."""
    return named.unknown(_admin(), gids)


def _admin() -> Admin:
    return admin_of(selvage.vendor(VENDOR, SETTINGS))


def _named(vendor: str, admin: Admin, start_date: str, root: Root, gids: Collection[str]) -> Iterator[pa.Table]:
    del start_date  # what a webhook names is wanted, however old it is
    return named.read(vendor, admin, root, gids)


def _objects(name: str, pages: Callable[..., Iterator[pa.Table]]) -> DltResource:
    @dlt.resource(name=f"{name}_read", selected=False)
    def objects() -> Iterator[pa.Table]:
        given = selvage.vendor(VENDOR, SETTINGS)
        yield from pages(vendor=VENDOR, admin=admin_of(given), start_date=given["start_date"])

    return objects


def _rows(table: Table, objects: DltResource) -> DltResource:
    rows_of: Callable[[pa.Table], pa.Table | None] = table.reader()

    @dlt.transformer(data_from=objects, name=table.name, **table.hints())
    def rows(page: pa.Table) -> pa.Table | None:
        found = rows_of(page)
        if found is not None and "updated_at" in found.column_names:
            reading.note_newest(VENDOR, pc.max(found["updated_at"]).as_py())
        return found

    return rows
