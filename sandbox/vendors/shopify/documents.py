"""The shop at one snapshot, as documents: what the roots, the bulk operations and the children reach through."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from sandbox.vendors.shopify.catalogue import Catalogue
from sandbox.vendors.shopify.customers import CheckoutBatch, customer
from sandbox.vendors.shopify.drafts import DraftBatch
from sandbox.vendors.shopify.fulfilment import fulfilment_orders
from sandbox.vendors.shopify.orders import OrderBatch
from sandbox.vendors.shopify.rows import Children, Row, Rows, Snapshot
from sandbox.vendors.shopify.transfers import TransferBatch
from sandbox.vendors.shopify.values import number_of

Document = dict[str, Any]


class Documents:
    """Builds documents of rows; batches of rows read their children together. ``metafields_of``: global id -> those."""

    def __init__(self, snapshot: Snapshot, metafields_of: Callable[[str], list[Document]]) -> None:
        self.snapshot, self.metafields_of = snapshot, metafields_of
        self.catalogue = Catalogue(snapshot)

    @property
    def order_table(self) -> Rows:
        return self.snapshot.rows("shopify_orders", "order_id")

    @property
    def customer_table(self) -> Rows:
        return self.snapshot.rows("shopify_customers", "customer_id")

    @property
    def checkout_table(self) -> Rows:
        return self.snapshot.rows("shopify_checkouts", "checkout_id")

    def orders(self, rows: list[Row]) -> list[Document]:
        return OrderBatch(self, rows).orders()

    @property
    def transfer_table(self) -> Rows:
        return self.snapshot.rows("shopify_inventory_transfers", "transfer_id")

    def fulfilment_orders(self, rows: list[Row]) -> list[Document]:
        orders = self.order_table.find([row["order_id"] for row in rows])
        return fulfilment_orders(self, OrderBatch(self, list(orders.values())), rows)

    def transfers(self, rows: list[Row]) -> list[Document]:
        return TransferBatch(self, rows).transfers()

    @property
    def draft_table(self) -> Rows:
        return self.snapshot.rows("shopify_draft_orders", "draft_order_id")

    def drafts(self, rows: list[Row]) -> list[Document]:
        return DraftBatch(self, rows).drafts()

    def customers(self, rows: list[Row]) -> list[Document]:
        return [customer(self, row) for row in rows]

    def checkouts(self, rows: list[Row]) -> list[Document]:
        return CheckoutBatch(self, rows).checkouts()

    def customers_by_id(self, ids: list[int]) -> dict[int, Document]:
        return {key: customer(self, row) for key, row in self.customer_table.find(ids).items()}

    def variant(self, key: int | None) -> Document | None:
        return self.catalogue.variants.get(key) if key is not None else None

    def product(self, key: int | None) -> Document | None:
        return self.catalogue.products.get(key) if key is not None else None

    def location(self, key: int | None) -> Document | None:
        return self.catalogue.locations.get(key) if key is not None else None

    def tags(self, kind: str, key: int, world: list[str] | None) -> list[str]:
        """The tags that were written last, else the world's."""
        written = self.snapshot.tags.get(f"gid://shopify/{kind}/{key}")
        return sorted(written[0] if written else (world or []))

    @cached_property
    def _orders_by_customer(self) -> tuple[np.ndarray, np.ndarray]:
        owners = self.order_table.values("customer_id")
        order = np.lexsort((self.order_table.ids, owners))
        return order, owners[order]

    def order_rows_of(self, customer_id: int) -> list[Row]:
        order, owners = self._orders_by_customer
        low, high = np.searchsorted(owners, customer_id), np.searchsorted(owners, customer_id, side="right")
        return self.order_table.rows(order[low:high])

    def orders_of(self, customer_id: int, args: dict[str, Any]) -> list[Document]:
        rows = self.order_rows_of(customer_id)
        return self.orders(rows[::-1] if "first" not in args and args.get("reverse") else rows)

    def node(self, global_id: str) -> Document | None:
        """Any object by its global id; None for what is not there."""
        for kind, find in (
            ("Order", self.order),
            ("Customer", self.customer),
            ("AbandonedCheckout", self.checkout),
            ("DraftOrder", self.draft),
            ("FulfillmentOrder", self.fulfilment_order),
            ("InventoryTransfer", self.transfer),
            ("InventoryShipment", self.shipment),
        ):
            if (key := number_of(global_id, kind)) is not None:
                return find(key)
        for kind, found in (
            ("Product", self.catalogue.products),
            ("ProductVariant", self.catalogue.variants),
            ("InventoryItem", self.catalogue.items),
            ("Location", self.catalogue.locations),
        ):
            if (key := number_of(global_id, kind)) is not None:
                return found.get(key)
        if global_id.startswith("gid://shopify/InventoryLevel/"):
            return next((one for one in self.catalogue.levels if one["id"] == global_id), None)
        for kind, table, column, field in (
            ("Refund", "shopify_refunds", "refund_id", "refunds"),
            ("Fulfillment", "shopify_fulfillments", "fulfillment_id", "fulfillments"),
            ("OrderTransaction", "shopify_transactions", "transaction_id", "transactions"),
            ("LineItem", "shopify_order_lines", "line_id", "lineItems"),
        ):
            if (key := number_of(global_id, kind)) is not None:
                return self._child(table, column, field, key, global_id)
        return None

    def _child(self, table: str, column: str, field: str, key: int, global_id: str) -> Document | None:
        row = self.snapshot.rows(table, column).find([key]).get(key)
        order = self.order(row["order_id"]) if row else None
        return next((one for one in order[field]({}) if one["id"] == global_id), None) if order else None

    def order(self, key: int) -> Document | None:
        return next(iter(self.orders(list(self.order_table.find([key]).values()))), None)

    def draft(self, key: int) -> Document | None:
        return next(iter(self.drafts(list(self.draft_table.find([key]).values()))), None)

    def fulfilment_order(self, key: int) -> Document | None:
        table = self.snapshot.rows("shopify_fulfillment_orders", "fulfillment_order_id")
        return next(iter(self.fulfilment_orders(list(table.find([key]).values()))), None)

    def transfer(self, key: int) -> Document | None:
        return next(iter(self.transfers(list(self.transfer_table.find([key]).values()))), None)

    def shipment(self, key: int) -> Document | None:
        owners = self.transfer_table.ids[self.transfer_table.values("shipment_id") == key]
        transfer = self.transfer(int(owners[0])) if len(owners) else None
        return transfer["shipments"]({})[0] if transfer else None

    def customer(self, key: int) -> Document | None:
        return self.customers_by_id([key]).get(key)

    def checkout(self, key: int) -> Document | None:
        return next(iter(self.checkouts(list(self.checkout_table.find([key]).values()))), None)


__all__ = ["Children", "Documents"]
