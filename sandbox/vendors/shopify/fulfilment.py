"""Fulfilment orders as Shopify shows them: what a location has to send of an order, and how much of it is left.

The world sends an order from one place, in one parcel or two, so each order has one, and one more for what was put in
later. What was taken out of the order before it left is no longer part of it; what comes back afterwards changes
nothing here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.vendors.shopify.rows import Row
from sandbox.vendors.shopify.values import gid

if TYPE_CHECKING:
    from sandbox.vendors.shopify.documents import Documents
    from sandbox.vendors.shopify.orders import OrderBatch

FIRST_LINE_ID = 2_000_000_000_000
"""Between the number of an order line and that of its line in the fulfilment order."""


def fulfilment_orders(documents: Documents, batch: OrderBatch, rows: list[Row]) -> list[dict[str, Any]]:
    """The documents of rows of shopify_fulfillment_orders; ``batch`` has their orders."""
    of_orders = dict(zip(batch.ids, batch.orders(), strict=True))
    return [_fulfilment_order(documents, batch, row, of_orders[row["order_id"]]) for row in rows]


def _fulfilment_order(documents: Documents, batch: OrderBatch, row: Row, order: dict[str, Any]) -> dict[str, Any]:
    is_sent, is_cancelled = row["fulfillment_status"] == "FULFILLED", row["cancelled_at"] is not None
    is_partly = row["fulfillment_status"] == "PARTIALLY_FULFILLED"
    key, location = row["fulfillment_order_id"], documents.location(row["assigned_location_id"])
    return {
        "__typename": "FulfillmentOrder",
        "id": gid("FulfillmentOrder", key),
        "order": order,
        "orderId": order["id"],
        "orderName": order["name"],
        "orderProcessedAt": order["processedAt"],
        "status": "CANCELLED" if is_cancelled else "CLOSED" if is_sent else "IN_PROGRESS" if is_partly else "OPEN",
        "deliveryMethod": {"id": gid("DeliveryMethod", key), "methodType": row["delivery_method"]},
        "assignedLocation": {"location": location, "name": location["name"] if location else ""},
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
        "fulfillments": order["fulfillments"],
        "lineItems": lambda _: [
            _line(batch, batch.row_of[row["order_id"]], one, is_sent or (is_partly and one["position"] == 1))
            for one in batch.lines[row["order_id"]]
            if one["is_added"] == row["is_added"]
        ],
    }


def _line(batch: OrderBatch, order: Row, row: Row, is_sent: bool) -> dict[str, Any]:
    document = batch.line(order, row)
    total = units_to_send(batch, row)
    return {
        "__typename": "FulfillmentOrderLineItem",
        "id": gid("FulfillmentOrderLineItem", row["line_id"] + FIRST_LINE_ID),
        "lineItem": document,
        "inventoryItemId": gid("InventoryItem", document["variant"]["item_id"]) if document["variant"] else None,
        "productTitle": row["title"],
        "sku": row["sku"],
        "variant": document["variant"],
        "requiresShipping": not row["is_gift_card"],
        "totalQuantity": total,
        "remainingQuantity": 0 if is_sent else total,
    }


def units_to_send(batch: OrderBatch, line: Row) -> int:
    """The units of an order line that were not taken out before the parcel left."""
    taken_out = sum(
        one["quantity"]
        for refund in batch.refunds[line["order_id"]]
        for one in batch.refund_lines.get(refund["refund_id"], [])
        if one["line_id"] == line["line_id"] and one["restock_type"] == "CANCEL"
    )
    return int(line["quantity"] - taken_out)


def is_in_parcel(parcel: Row, line: Row) -> bool:
    """Of two parcels the first takes the first line, the second the rest; what is taken for others is handed over."""
    if parcel["is_exchange"] or line["is_exchange"]:
        return bool(parcel["is_exchange"] == line["is_exchange"])
    return bool(parcel["parcels"] == 1 or (line["position"] == 1) == (parcel["parcel"] == 1))


def display_status(order: Row, parcel: Row) -> str:
    """What the merchant sees: fetched, delivered, or under way."""
    if order["delivery_method"] == "PICK_UP":
        return "PICKED_UP"
    return "DELIVERED" if parcel["delivered_at"] else "FULFILLED"
