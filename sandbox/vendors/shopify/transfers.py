"""Inventory transfers and their shipments as Shopify shows them; each of the world's transfers travels in one shipment.

A transfer from a supplier has no origin; a place that is not (or no longer) one of the shop's locations is known by the
name it had.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from sandbox.clock import text
from sandbox.vendors.shopify.rows import Row
from sandbox.vendors.shopify.values import gid

if TYPE_CHECKING:
    from sandbox.vendors.shopify.documents import Documents


class TransferBatch:
    """Documents of rows of shopify_inventory_transfers; the lines of all of them are read together."""

    def __init__(self, documents: Documents, rows: list[Row]) -> None:
        self._all, self._rows = documents, rows
        self._now = text(documents.snapshot.now)

    @cached_property
    def _lines(self) -> dict[int, list[Row]]:
        children = self._all.snapshot.children(
            "shopify_inventory_transfer_lines", "transfer_line_id", "transfer_id", "transfer_line_id"
        )
        return children.of([row["transfer_id"] for row in self._rows])

    def transfers(self) -> list[dict[str, Any]]:
        return [self._transfer(row) for row in self._rows]

    def _transfer(self, row: Row) -> dict[str, Any]:
        is_sent, is_received = row["shipped_at"] <= self._now, row["received_at"] <= self._now
        status = "TRANSFERRED" if is_received else "IN_PROGRESS" if is_sent else "READY_TO_SHIP"
        return {
            "__typename": "InventoryTransfer",
            "id": gid("InventoryTransfer", row["transfer_id"]),
            "name": row["name"],
            "note": None,
            "referenceName": None,
            "status": status,
            "dateCreated": row["created_at"],
            "origin": self._place(row, "origin"),
            "destination": self._place(row, "destination"),
            "totalQuantity": lambda _: self._sum(row, "quantity"),
            "receivedQuantity": lambda _: self._sum(row, "quantity") if is_received else 0,
            "shipments": lambda _: [self._shipment(row, is_sent, is_received)],
        }

    def _place(self, row: Row, end: str) -> dict[str, Any] | None:
        location, name = self._all.location(row[f"{end}_location_id"]), row[f"{end}_name"]
        return {"location": location, "name": name, "snapshottedAt": row["created_at"]} if name else None

    def _sum(self, row: Row, column: str) -> int:
        return sum(one[column] for one in self._lines[row["transfer_id"]])

    def _shipment(self, row: Row, is_sent: bool, is_received: bool) -> dict[str, Any]:
        total = self._sum(row, "quantity")
        refused = self._sum(row, "refused_quantity") if is_received else 0
        return {
            "__typename": "InventoryShipment",
            "id": gid("InventoryShipment", row["shipment_id"]),
            "name": f"{row['name']}-1",
            "status": "RECEIVED" if is_received else "IN_TRANSIT" if is_sent else "DRAFT",
            "dateCreated": row["created_at"],
            "dateShipped": row["shipped_at"] if is_sent else None,
            "dateReceived": row["received_at"] if is_received else None,
            "lineItemTotalQuantity": total,
            "totalReceivedQuantity": total if is_received else 0,
            "totalRejectedQuantity": refused,
            "totalAcceptedQuantity": total - refused if is_received else 0,
            "lineItems": lambda _: [self._line(one, is_received) for one in self._lines[row["transfer_id"]]],
        }

    def _line(self, row: Row, is_received: bool) -> dict[str, Any]:
        refused = row["refused_quantity"] if is_received else 0
        return {
            "__typename": "InventoryShipmentLineItem",
            "id": gid("InventoryShipmentLineItem", row["transfer_line_id"]),
            "inventoryItem": self._all.catalogue.items.get(row["inventory_item_id"]),
            "quantity": row["quantity"],
            "acceptedQuantity": row["quantity"] - refused if is_received else 0,
            "rejectedQuantity": refused,
            "unreceivedQuantity": 0 if is_received else row["quantity"],
        }
