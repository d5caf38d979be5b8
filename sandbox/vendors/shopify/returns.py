"""Returns as Shopify shows them: what a shopper sent back, with the reason. The refund names its return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.vendors.shopify.rows import Row
from sandbox.vendors.shopify.values import gid

if TYPE_CHECKING:
    from sandbox.vendors.shopify.orders import OrderBatch

ENUM = {"unwanted": "UNWANTED", "size-too-small": "SIZE_TOO_SMALL", "size-too-large": "SIZE_TOO_LARGE",
        "defective": "DEFECTIVE"}  # fmt: skip


def returned(
    batch: OrderBatch, order: Row, document: dict[str, Any], refund: Row, lines: list[Row]
) -> dict[str, Any] | None:
    """The return behind a refund, or None where no goods came back. ``lines``: the refund's own."""
    back = [one for one in lines if one["return_reason"]]
    if not back:
        return None
    of_order = {one["line_id"]: one for one in batch.lines[order["order_id"]]}
    key, exchange = refund["refund_id"], refund["exchange_line_id"]
    return {
        "__typename": "Return",
        "id": gid("Return", key),
        "name": f"{order['name']}-R{key % 1000}",
        "order": document,
        "status": "CLOSED",
        "createdAt": refund["created_at"],
        "closedAt": refund["created_at"],
        "totalQuantity": sum(one["quantity"] for one in back),
        "returnLineItems": [_line(batch, order, of_order[one["line_id"]], one) for one in back],
        "exchangeLineItems": [{"id": gid("ExchangeLineItem", exchange), "quantity": of_order[exchange]["quantity"]}]
        if exchange is not None
        else [],
    }


def _line(batch: OrderBatch, order: Row, line: Row, row: Row) -> dict[str, Any]:
    handle, quantity = row["return_reason"], row["quantity"]
    return {
        "__typename": "ReturnLineItem",
        "id": gid("ReturnLineItem", row["refund_line_id"]),
        "quantity": quantity,
        "processableQuantity": 0,
        "processedQuantity": quantity,
        "unprocessedQuantity": 0,
        "refundableQuantity": 0,
        "refundedQuantity": quantity,
        "customerNote": None,
        "returnReason": ENUM[handle],
        "returnReasonNote": "",
        "returnReasonDefinition": {
            "id": gid("ReturnReasonDefinition", 1 + list(ENUM).index(handle)),
            "handle": handle,
            "name": handle.replace("-", " ").capitalize(),
            "deleted": False,
        },
        "fulfillmentLineItem": {
            "id": gid("FulfillmentLineItem", line["line_id"]),
            "quantity": line["quantity"],
            "lineItem": batch.line(order, line),
        },
    }
