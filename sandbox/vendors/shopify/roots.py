"""The root connections: which rows a query asks for, in which order, from which cursor on.

Each root says here what it can be searched and sorted by, which is less than one would like, as at the vendor:
customers have no ``created_at`` filter (it is ``customer_date``) and match ``updated_at`` by whole days, variants and
checkouts cannot be sorted by update.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sandbox.vendors.shopify.documents import Document, Documents
from sandbox.vendors.shopify.paging import Page, decode_cursor, encode_cursor, paginate, size
from sandbox.vendors.shopify.rows import Numbers, Row, Rows
from sandbox.vendors.shopify.search import Filter, Search

TIME, DAY, BOOL, NUMBER = "time", "day", "bool", "number"
Build = Callable[[Documents, list[Row]], list[Document]]


@dataclass(frozen=True)
class Root:
    """One root connection over one table."""

    table: str
    key: str
    build: Build
    filters: dict[str, Any]
    sort_keys: dict[str, str]
    default_sort: str


def _status(rows: Rows, value: str) -> Numbers:
    closed, cancelled = rows.values("closed_at") > 0, rows.values("cancelled_at") > 0
    chosen = {"open": ~closed & ~cancelled, "closed": closed, "cancelled": cancelled, "not_closed": ~closed}
    return chosen.get(value.lower(), np.ones(len(rows), bool))


def _catalogue(name: str) -> Build:
    def build(documents: Documents, rows: list[Row]) -> list[Document]:
        found = getattr(documents.catalogue, name)
        key = {"products": "product_id", "variants": "variant_id", "items": "inventory_item_id"}.get(
            name, "location_id"
        )
        return [found[row[key]] for row in rows]

    return build


ROOTS = {
    "orders": Root(
        "shopify_orders",
        "order_id",
        Documents.orders,
        {
            **{name: Filter(name, TIME) for name in ("updated_at", "created_at", "processed_at")},
            **{
                name: Filter(name)
                for name in ("financial_status", "fulfillment_status", "source_name", "name", "email")
            },
            **{name: Filter(name) for name in ("cart_token", "checkout_token", "discount_code")},
            "test": Filter("test", BOOL),
            "id": Filter("order_id", NUMBER),
            "status": _status,
            "customer_id": Filter("customer_id", NUMBER),
        },
        {
            "PROCESSED_AT": "processed_at",
            "UPDATED_AT": "updated_at",
            "CREATED_AT": "created_at",
            "ID": "order_id",
            "ORDER_NUMBER": "number",
            "TOTAL_PRICE": "total_cents",
        },
        "PROCESSED_AT",
    ),
    "customers": Root(
        "shopify_customers",
        "customer_id",
        Documents.customers,
        {
            "updated_at": Filter("updated_at", DAY),
            "customer_date": Filter("created_at", DAY),
            "id": Filter("customer_id", NUMBER),
            **{name: Filter(name) for name in ("email", "phone", "first_name", "last_name")},
            "state": Filter("account_state"),
            "tag": Rows.tagged,
        },
        {"ID": "customer_id", "UPDATED_AT": "updated_at", "CREATED_AT": "created_at", "NAME": "last_name"},
        "ID",
    ),
    "products": Root(
        "shopify_products",
        "product_id",
        _catalogue("products"),
        {
            "updated_at": Filter("updated_at", TIME),
            "created_at": Filter("created_at", TIME),
            "id": Filter("product_id", NUMBER),
            **{name: Filter(name) for name in ("status", "title", "vendor", "product_type", "handle")},
        },
        {"ID": "product_id", "UPDATED_AT": "updated_at", "CREATED_AT": "created_at", "TITLE": "title"},
        "ID",
    ),
    "productVariants": Root(
        "shopify_variants",
        "variant_id",
        _catalogue("variants"),
        {
            "updated_at": Filter("updated_at", TIME),
            "sku": Filter("sku"),
            "barcode": Filter("barcode"),
            "id": Filter("variant_id", NUMBER),
            "product_id": Filter("product_id", NUMBER),
        },
        {"ID": "variant_id", "SKU": "sku", "TITLE": "title"},
        "ID",
    ),
    "inventoryItems": Root(
        "shopify_variants",
        "variant_id",
        _catalogue("items"),
        {
            "updated_at": Filter("updated_at", TIME),
            "sku": Filter("sku"),
            "id": Filter("inventory_item_id", NUMBER),
        },
        {"ID": "inventory_item_id"},
        "ID",
    ),
    "locations": Root(
        "shopify_locations",
        "location_id",
        _catalogue("locations"),
        {"created_at": Filter("created_at", TIME), "name": Filter("name"), "id": Filter("location_id", NUMBER)},
        {"NAME": "name", "ID": "location_id"},
        "NAME",
    ),
    "fulfillmentOrders": Root(
        "shopify_fulfillment_orders",
        "fulfillment_order_id",
        Documents.fulfilment_orders,
        {"updated_at": Filter("updated_at", TIME), "assigned_location_id": Filter("assigned_location_id", NUMBER)},
        {"ID": "fulfillment_order_id", "UPDATED_AT": "updated_at"},
        "ID",
    ),
    "draftOrders": Root(
        "shopify_draft_orders",
        "draft_order_id",
        Documents.drafts,
        {
            **{name: Filter(name, TIME) for name in ("updated_at", "created_at")},
            "status": Filter("status"),
            "id": Filter("draft_order_id", NUMBER),
        },
        {"ID": "draft_order_id", "UPDATED_AT": "updated_at", "STATUS": "status", "TOTAL_PRICE": "total_cents"},
        "ID",
    ),
    "inventoryTransfers": Root(
        "shopify_inventory_transfers",
        "transfer_id",
        Documents.transfers,
        {
            "created_at": Filter("created_at", TIME),
            "id": Filter("transfer_id", NUMBER),
            "origin_id": Filter("origin_location_id", NUMBER),
            "destination_id": Filter("destination_location_id", NUMBER),
        },
        {"ID": "transfer_id", "CREATED_AT": "created_at", "NAME": "name"},
        "ID",
    ),
    "abandonedCheckouts": Root(
        "shopify_checkouts",
        "checkout_id",
        Documents.checkouts,
        {
            "updated_at": Filter("updated_at", TIME),
            "created_at": Filter("created_at", TIME),
            "id": Filter("checkout_id", NUMBER),
        },
        {"ID": "checkout_id", "CHECKOUT_ID": "checkout_id", "CREATED_AT": "created_at", "TOTAL_PRICE": "total_cents"},
        "ID",
    ),
}


@dataclass
class Chosen:
    """The rows that a root connection found, in order, with the search warnings."""

    rows: Rows
    positions: Numbers
    warnings: list[dict[str, str]]


def choose(documents: Documents, name: str, args: dict[str, Any]) -> Chosen:
    """Search and sort, before paging."""
    root = ROOTS[name]
    rows = documents.snapshot.rows(root.table, root.key)
    search = Search(rows, root.filters)
    mask = search.mask(args.get("query"))
    if name == "locations" and not args.get("includeInactive"):
        mask = mask & (rows.values("is_active") == 1)
    if name == "fulfillmentOrders" and not args.get("includeClosed"):
        mask = mask & (rows.values("fulfillment_status") != "FULFILLED") & (rows.values("cancelled_at") <= 0)
    order = rows.order(_sort_column(root, args))
    return Chosen(rows, order[mask[order]], search.warnings)


def _sort_column(root: Root, args: dict[str, Any]) -> str:
    """A sort key that the sandbox has no column for (such as RELEVANCE) sorts by id."""
    return root.sort_keys.get(args.get("sortKey") or root.default_sort, root.key)


def page(documents: Documents, name: str, args: dict[str, Any], warnings: list[dict[str, Any]]) -> Page:
    """One page of a root connection; search warnings are added to ``warnings``."""
    root, chosen = ROOTS[name], choose(documents, name, args)
    if chosen.warnings:
        warnings.append({"path": [name], "query": args.get("query"), "warnings": chosen.warnings})
    if args.get("first") is None and args.get("last") is not None:
        nodes = root.build(documents, chosen.rows.rows(chosen.positions))
        return paginate(nodes[::-1] if args.get("reverse") else nodes, {**args, "reverse": False}, name)
    wanted, positions = size(args, name), chosen.positions
    values, ids = chosen.rows.values(_sort_column(root, args))[positions], chosen.rows.ids[positions]
    if args.get("reverse"):
        positions, values, ids = positions[::-1], values[::-1], ids[::-1]
    begin = _after(values, ids, args["after"], name, bool(args.get("reverse"))) if args.get("after") else 0
    here = positions[begin : begin + wanted]
    cursors = [
        encode_cursor(int(one), value if isinstance(value, str) else int(value))
        for one, value in zip(ids[begin : begin + wanted], values[begin : begin + wanted], strict=True)
    ]
    return Page(root.build(documents, chosen.rows.rows(here)), cursors, begin + wanted < len(positions), begin > 0)


def _after(values: Numbers, ids: Numbers, cursor: str, name: str, backwards: bool) -> int:
    """How many rows lie up to and with the cursor's place."""
    last_id, last_value = decode_cursor(cursor, name)
    if values.dtype == object:
        last_value = str(last_value)
    if backwards:
        passed = (values > last_value) | ((values == last_value) & (ids >= last_id))
    else:
        passed = (values < last_value) | ((values == last_value) & (ids <= last_id))
    return int(np.count_nonzero(passed))
