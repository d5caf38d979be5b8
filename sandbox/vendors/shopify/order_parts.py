"""The small documents that an order is made of besides its lines: payments, the discount code, the shipping line."""

from __future__ import annotations

from typing import Any

from sandbox.vendors.shopify.rows import Row
from sandbox.vendors.shopify.values import bag, gid, money


def transaction(document: dict[str, Any], order: Row, row: Row) -> dict[str, Any]:
    return {
        "__typename": "OrderTransaction",
        "id": gid("OrderTransaction", row["transaction_id"]),
        "order": document,
        "kind": row["kind"],
        "status": row["status"],
        "gateway": row["gateway"],
        "formattedGateway": (row["gateway"] or "").replace("_", " ").title() or None,
        "manualPaymentGateway": row["gateway"] == "manual",
        "paymentId": f"c{row['transaction_id']}.1",
        "parentTransaction": None,
        "location": None,
        "createdAt": row["processed_at"],
        "processedAt": row["processed_at"],
        "test": row["test"],
        "amountSet": bag(row["amount_cents"], order),
    }


def discount_application(order: Row) -> dict[str, Any]:
    return {
        "__typename": "DiscountCodeApplication",
        "code": order["discount_code"] or "DISCOUNT",
        "index": 0,
        "allocationMethod": "ACROSS",
        "targetSelection": "ALL",
        "targetType": "LINE_ITEM",
        "value": money(order["discounts_cents"]),
    }


def shipping_line(order: Row, always: bool = False) -> dict[str, Any] | None:
    if not order["shipping_cents"] and not always:
        return None
    return {
        "id": gid("ShippingLine", order["order_id"]),
        "title": "Standard",
        "code": "STANDARD",
        "source": "shopify",
        "custom": False,
        "isRemoved": False,
        "originalPriceSet": bag(order["shipping_cents"], order),
        "discountedPriceSet": bag(order["shipping_cents"], order),
        "taxLines": [],
    }
