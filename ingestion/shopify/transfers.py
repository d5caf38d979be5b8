"""Goods on their way: transfers with their shipments, as raw tables and how they are read.

Shopify does not tell when a transfer changed, nor can its list be searched by that. So every reading asks for all that
were made within ``LOOK_BACK`` before the last one, and lands those whose shipments stand otherwise than when they were
landed last; the standing of each is kept in dlt's state. What changes later than that is not seen any more. Nested two
lists deep and few, they are read by cursor from the first day on, not in bulk.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import dlt
import pyarrow as pa

from ingestion import reading
from ingestion.position import utc
from ingestion.shopify.admin import Admin, quoted
from ingestion.shopify.columns import GRANDPARENT, ID, LEGACY, OWNER, reference
from ingestion.shopify.reader import CHILDREN_PER_PAGE, PAGE_INFO, Connection, flatten, more_of, selection
from ingestion.tables import Column, Line, Table, page_of
from ingestion.window import Window

LOOK_BACK = timedelta(days=120)
TRANSFERS_PER_PAGE, SHIPMENTS_PER_PAGE = 50, 5
ROOT, SHIPMENT = "inventoryTransfers", "InventoryShipment"
LINES = Connection("lineItems", "InventoryShipmentLineItem")
log = logging.getLogger(__name__)

TRANSFERS = Table(
    "inventory_transfers",
    "InventoryTransfer",
    (
        ID,
        Column("name", path="name"),
        Column("status", path="status"),
        reference("origin_location_id", "origin.location"),
        Column("origin_name", path="origin.name"),
        reference("destination_location_id", "destination.location"),
        Column("destination_name", path="destination.name"),
        Column("created_at", "ts", "dateCreated"),
    ),
)
SHIPMENTS = Table(
    "inventory_shipments",
    SHIPMENT,
    (
        ID,
        Column("transfer_id", sql=OWNER),
        Column("status", path="status"),
        Column("shipped_at", "ts", "dateShipped"),
        Column("received_at", "ts", "dateReceived"),
    ),
)
SHIPMENT_LINES = Table(
    "inventory_shipment_lines",
    LINES.kind,
    (
        ID,
        Column("shipment_id", sql=OWNER),
        Column("transfer_id", path=GRANDPARENT, sql=LEGACY),
        reference("inventory_item_id", "inventoryItem"),
        Column("quantity", "bigint", "quantity"),
        Column("accepted_quantity", "bigint", "acceptedQuantity"),
        Column("rejected_quantity", "bigint", "rejectedQuantity"),
    ),
)
TABLES = (TRANSFERS, SHIPMENTS, SHIPMENT_LINES)


def read(vendor: str, admin: Admin, start_date: str, window: Window | None) -> Iterator[pa.Table]:
    """Pages of transfers that are new or stand otherwise than when last landed; with a window, all made in it."""
    admin.ask("{ shop { id } }")
    if admin.now is None:
        raise AssertionError("an answer has set the clock")
    reading.note_now(vendor, admin.now)
    state = {} if window else dlt.current.source_state().setdefault(ROOT, {"read_to": None, "standing": {}})
    since = utc(state["read_to"]) - LOOK_BACK if state.get("read_to") else datetime.fromisoformat(start_date)
    known: dict[str, str] = state.get("standing", {})
    standing: dict[str, str] = {}
    count = 0
    search = f"created_at:>='{(window.start if window else since):%Y-%m-%dT%H:%M:%SZ}'"
    if window:
        search += f" AND created_at:<'{window.end:%Y-%m-%dT%H:%M:%SZ}'"
    for transfers in admin.pages(ROOT, _asked(search), TRANSFERS_PER_PAGE):
        lines: list[Line] = []
        for transfer in transfers:
            gid = transfer["id"]
            shipments = _shipments(admin, transfer)
            now = "; ".join(f"{one['id']} {one['status']} {one['totalReceivedQuantity']}" for one in shipments)
            now = f"{transfer['status']}: {now}"
            if standing.get(gid, known.get(gid)) != now:
                lines += flatten(admin, transfer, TRANSFERS.kind, None, (), TABLES)
                for one in shipments:
                    lines += flatten(admin, one, SHIPMENT, gid, (LINES,), TABLES)
                count += 1
            standing[gid] = now
        if lines:
            yield page_of(lines)
    state.update(read_to=admin.now.isoformat(), standing=standing)
    log.info("%s: %s transfers read", vendor, f"{count:,}")


def _shipments(admin: Admin, transfer: dict[str, Any]) -> list[dict[str, Any]]:
    """The transfer's shipments, taken out of it."""
    found = transfer.pop("shipments")
    shipments: list[dict[str, Any]] = found["nodes"]
    if found["pageInfo"]["hasNextPage"]:
        below = Connection("shipments", SHIPMENT)
        shipments += more_of(
            admin, transfer["id"], TRANSFERS.kind, below, found["pageInfo"]["endCursor"], _shipment_fields()
        )
    return shipments


def _asked(search: str) -> str:
    shipments = f"shipments(first: {SHIPMENTS_PER_PAGE}) {{ {PAGE_INFO} nodes {{ {_shipment_fields()} }} }}"
    return (
        f"query($first: Int!, $after: String) {{ {ROOT}(first: $first, after: $after, sortKey: CREATED_AT, "
        f"query: {quoted(search)}) {{ {PAGE_INFO} nodes {{ {selection(TABLES, TRANSFERS.kind)} {shipments} }} }} }}"
    )


def _shipment_fields() -> str:
    lines = f"{LINES.field}(first: {CHILDREN_PER_PAGE}) {{ {PAGE_INFO} nodes {{ {selection(TABLES, LINES.kind)} }} }}"
    return f"{selection(TABLES, SHIPMENT)} totalReceivedQuantity {lines}"
