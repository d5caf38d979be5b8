"""Draft orders as Shopify shows them. When a reservation is over, its draft says no more than before."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from sandbox.vendors.shopify.rows import Row
from sandbox.vendors.shopify.values import bag, gid

if TYPE_CHECKING:
    from sandbox.vendors.shopify.documents import Documents


class DraftBatch:
    """Documents of rows of shopify_draft_orders; the lines of all of them are read together."""

    def __init__(self, documents: Documents, rows: list[Row]) -> None:
        self._all, self._rows = documents, rows

    @cached_property
    def _lines(self) -> dict[int, list[Row]]:
        ids = [row["draft_order_id"] for row in self._rows]
        children = self._all.snapshot.children("shopify_draft_order_lines", "draft_order_line_id", "draft_order_id")
        return children.of(ids)

    @cached_property
    def _orders(self) -> dict[int, dict[str, Any]]:
        rows = self._all.order_table.find([row["order_id"] for row in self._rows if row["order_id"] is not None])
        return dict(zip(rows, self._all.orders(list(rows.values())), strict=True))

    def drafts(self) -> list[dict[str, Any]]:
        return [self._draft(row) for row in self._rows]

    def _draft(self, row: Row) -> dict[str, Any]:
        key, order_id, total = row["draft_order_id"], row["order_id"], row["total_cents"]
        return {
            "__typename": "DraftOrder",
            "id": gid("DraftOrder", key),
            "legacyResourceId": str(key),
            "name": row["name"],
            "status": row["status"],
            "ready": True,
            "createdAt": row["created_at"],
            "updatedAt": row["updated_at"],
            "completedAt": row["completed_at"],
            "invoiceSentAt": None,
            "reserveInventoryUntil": row["reserve_until"],
            "order": lambda _: self._orders.get(order_id) if order_id is not None else None,
            "shippingLine": self._pickup(row),
            "currencyCode": "USD",
            "taxesIncluded": False,
            "tags": self._all.tags("DraftOrder", key, []),
            "totalQuantityOfLineItems": lambda _: sum(one["quantity"] for one in self._lines[key]),
            "totalLineItemsPriceSet": bag(total),
            "lineItems": lambda _: [self._line(one) for one in self._lines[key]],
        }

    @staticmethod
    def _pickup(row: Row) -> dict[str, Any] | None:
        """A pickup costs nothing and is called by the place where the goods wait."""
        if row["pickup_name"] is None:
            return None
        return {
            "__typename": "ShippingLine",
            "id": gid("ShippingLine", row["draft_order_id"]),
            "title": row["pickup_name"],
            "code": row["pickup_name"],
            "source": "shopify",
            "custom": False,
            "isRemoved": False,
            "originalPriceSet": bag(0),
            "discountedPriceSet": bag(0),
            "taxLines": [],
        }

    def _line(self, row: Row) -> dict[str, Any]:
        variant = self._all.variant(row["variant_id"])
        product = variant["product"]({}) if variant else None
        price, quantity = row["unit_price_cents"], row["quantity"]
        return {
            "__typename": "DraftOrderLineItem",
            "id": gid("DraftOrderLineItem", row["draft_order_line_id"]),
            "uuid": f"00000000-0000-4000-8000-{row['draft_order_line_id']:012d}"[:36],
            "title": product["title"] if product else "",
            "name": product["title"] if product else "",
            "sku": variant["sku"] if variant else None,
            "variant": variant,
            "variantTitle": variant["title"] if variant else None,
            "product": product,
            "quantity": quantity,
            "custom": False,
            "isGiftCard": bool(variant and variant["is_gift_card"]),
            "requiresShipping": not (variant and variant["is_gift_card"]),
            "originalUnitPriceSet": bag(price),
            "originalTotalSet": bag(price * quantity),
        }
