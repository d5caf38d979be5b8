"""Orders as Shopify shows them, with what hangs below: lines, refunds, transactions, fulfilments.

A ``OrderBatch`` turns the rows of one page (or one slice of a bulk operation) into documents; the children of all its
orders are read together, and only when the query asks for them.
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from sandbox.vendors.shopify.fulfilment import display_status, is_in_parcel, units_to_send
from sandbox.vendors.shopify.order_parts import discount_application, shipping_line, transaction
from sandbox.vendors.shopify.returns import returned
from sandbox.vendors.shopify.rows import Row
from sandbox.vendors.shopify.values import address, bag, gid, tax_lines
from sandbox.vendors.shopify.visits import journey

if TYPE_CHECKING:
    from sandbox.vendors.shopify.documents import Documents

CHANNELS = {
    "web": ("Online Store", "online_store"),
    "shopify_draft_order": ("Draft Orders", "draft_orders"),
    "marketplace": ("Marketplace", "marketplace"),
    "iphone": ("Mobile app", "mobile_app"),
    "android": ("Mobile app", "mobile_app"),
}


class OrderBatch:
    """``documents`` reaches customers, variants and locations; ``rows`` are rows of shopify_orders."""

    def __init__(self, documents: Documents, rows: list[Row]) -> None:
        self.documents = documents
        self._rows = rows
        self.ids = [row["order_id"] for row in rows]

    def orders(self) -> list[dict[str, Any]]:
        return [self._order(row) for row in self._rows]

    @cached_property
    def row_of(self) -> dict[int, Row]:
        return dict(zip(self.ids, self._rows, strict=True))

    def _children(self, table: str, key: str, *order: str) -> dict[int, list[Row]]:
        return self.documents.snapshot.children(table, key, "order_id", *order).of(self.ids)

    @cached_property
    def lines(self) -> dict[int, list[Row]]:
        return self._children("shopify_order_lines", "line_id", "position")

    @cached_property
    def refunds(self) -> dict[int, list[Row]]:
        return self._children("shopify_refunds", "refund_id", "created_at")

    @cached_property
    def refund_lines(self) -> dict[int, list[Row]]:
        found: dict[int, list[Row]] = {}
        for rows in self._children("shopify_refund_lines", "refund_line_id").values():
            for row in rows:
                found.setdefault(row["refund_id"], []).append(row)
        return found

    @cached_property
    def transactions(self) -> dict[int, list[Row]]:
        return self._children("shopify_transactions", "transaction_id", "processed_at")

    @cached_property
    def fulfilments(self) -> dict[int, list[Row]]:
        return self._children("shopify_fulfillments", "fulfillment_id", "created_at")

    @cached_property
    def fulfilment_orders(self) -> dict[int, list[Row]]:
        return self._children("shopify_fulfillment_orders", "fulfillment_order_id")

    @cached_property
    def customers(self) -> dict[int, dict[str, Any]]:
        return self.documents.customers_by_id(
            [row["customer_id"] for row in self._rows if row["customer_id"] is not None]
        )

    def _order(self, row: Row) -> dict[str, Any]:
        order_id, customer_id = row["order_id"], row["customer_id"]
        shipping = address(row, "ship_", f"o{order_id}")
        subtotal, total, refunded = row["subtotal_cents"], row["total_cents"], row["refunded_cents"]
        received = 0 if row["financial_status"] in ("PENDING", "VOIDED", "AUTHORIZED", "EXPIRED") else total
        channel = CHANNELS.get(row["source_name"])
        shown = partial(bag, order=row)
        document: dict[str, Any] = {
            "__typename": "Order",
            "id": gid("Order", order_id),
            "legacyResourceId": str(order_id),
            "name": row["name"],
            "number": row["number"],
            "createdAt": row["created_at"],
            "processedAt": row["processed_at"],
            "updatedAt": row["updated_at"],
            "cancelledAt": row["cancelled_at"],
            "cancelReason": row["cancel_reason"],
            "closedAt": row["closed_at"],
            "closed": row["closed_at"] is not None,
            "confirmed": True,
            "test": row["test"],
            "edited": row["edited"],
            "note": row.get("note"),
            "tags": self.documents.tags("Order", order_id, row.get("tags")),
            "currencyCode": row["currency_code"],
            "presentmentCurrencyCode": row["presentment_currency_code"],
            "taxesIncluded": row["taxes_included"],
            "displayFinancialStatus": row["financial_status"],
            "displayFulfillmentStatus": row["fulfillment_status"],
            "fullyPaid": received >= total,
            "unpaid": received == 0,
            "returnStatus": lambda _: "RETURNED" if self._returns(row, document) else "NO_RETURN",
            "returns": lambda _: self._returns(row, document),
            "sourceName": row["source_name"],
            "sourceIdentifier": None,
            "attribution": {"displayName": channel[0], "handle": channel[1]} if channel else None,
            "retailLocation": None,
            "email": row["email"],
            "phone": row["phone"],
            "customer": (lambda _: self.customers.get(customer_id)) if customer_id is not None else None,
            "customerAcceptsMarketing": lambda _: self._accepts_marketing(customer_id),
            "checkoutToken": row["checkout_token"],
            "cartToken": row["cart_token"],
            "clientIp": row["client_ip"],
            "landingPageUrl": row["landing_page"],
            "referrerUrl": row["referrer_url"],
            "customerJourneySummary": lambda _: journey(row),
            "customAttributes": [],
            "shippingAddress": shipping,
            "billingAddress": shipping,
            "subtotalPriceSet": shown(subtotal),
            "totalDiscountsSet": shown(row["discounts_cents"]),
            "totalShippingPriceSet": shown(row["shipping_cents"]),
            "totalTaxSet": shown(row["tax_cents"]),
            "totalTipReceivedSet": shown(row["tip_cents"]),
            "totalPriceSet": shown(total),
            "originalTotalPriceSet": shown(row.get("original_total_cents", total)),
            "currentTotalPriceSet": shown(row["current_total_cents"]),
            "totalRefundedSet": shown(refunded),
            "totalReceivedSet": shown(received),
            "totalOutstandingSet": shown(max(0, total - received) if row["cancelled_at"] is None else 0),
            "netPaymentSet": shown(received - refunded),
            "refundDiscrepancySet": lambda _: shown(
                sum(one["adjustment_cents"] or 0 for one in self.refunds[order_id])
            ),
            "totalRefundedShippingSet": lambda _: shown(
                sum(one["shipping_cents"] or 0 for one in self.refunds[order_id])
            ),
            "totalCashRoundingAdjustment": {"paymentSet": shown(0), "refundSet": shown(0)},
            "taxLines": lambda _: tax_lines(row["tax_cents"], subtotal + row["shipping_cents"], row),
            "discountCode": row["discount_code"],
            "discountCodes": [row["discount_code"]] if row["discount_code"] else [],
            "discountApplications": [discount_application(row)] if row["discount_code"] else [],
            "shippingLine": shipping_line(row),
            "shippingLines": [one] if (one := shipping_line(row)) else [],
            "paymentGatewayNames": lambda _: sorted({one["gateway"] for one in self.transactions[order_id]}),
            "subtotalLineItemsQuantity": lambda _: sum(one["quantity"] for one in self.lines[order_id]),
        }
        document["lineItems"] = lambda _: [self.line(row, one) for one in self.lines[order_id]]
        document["refunds"] = lambda _: [self._refund(row, document, one) for one in self.refunds[order_id]]
        document["transactions"] = lambda _: [transaction(document, row, one) for one in self.transactions[order_id]]
        document["fulfillments"] = lambda _: [
            self._fulfilment(row, document, one) for one in self.fulfilments[order_id]
        ]
        document["fulfillmentOrders"] = lambda _: self.documents.fulfilment_orders(self.fulfilment_orders[order_id])
        return document

    def _accepts_marketing(self, customer_id: int | None) -> bool:
        customer = self.customers.get(customer_id) if customer_id is not None else None
        address = customer["defaultEmailAddress"] if customer else None
        return bool(address and address["marketingState"] == "SUBSCRIBED")

    def _returns(self, row: Row, document: dict[str, Any]) -> list[dict[str, Any]]:
        refunds = self.refunds[row["order_id"]]
        found = (returned(self, row, document, one, self.refund_lines.get(one["refund_id"], [])) for one in refunds)
        return [one for one in found if one]

    def line(self, order: Row, row: Row) -> dict[str, Any]:
        quantity, price, discount = row["quantity"], row["unit_price_cents"], row["discount_cents"] or 0
        shown, full = partial(bag, order=order), quantity * price
        taxes = tax_lines(row["tax_cents"], full - discount, order)
        variant = self.documents.variant(row["variant_id"])
        product = self.documents.product(row["product_id"])
        allocations = []
        if discount:
            allocations.append(
                {"allocatedAmountSet": shown(discount), "discountApplication": discount_application(order)}
            )
        return {
            "__typename": "LineItem",
            "id": gid("LineItem", row["line_id"]),
            "title": row["title"],
            "name": row["title"],
            "sku": row["sku"],
            "vendor": product["vendor"] if product else None,
            "variantTitle": variant["title"] if variant else None,
            "variant": variant,
            "product": product,
            "quantity": quantity,
            "currentQuantity": row["current_quantity"],
            "refundableQuantity": row["current_quantity"],
            "unfulfilledQuantity": 0 if order["fulfillment_status"] == "FULFILLED" else row["current_quantity"],
            "isGiftCard": row["is_gift_card"],
            "requiresShipping": not row["is_gift_card"],
            "taxable": bool(row["tax_cents"]),
            "customAttributes": [],
            "originalUnitPriceSet": shown(price),
            "originalTotalSet": shown(full),
            "discountedUnitPriceSet": shown(price),
            "discountedTotalSet": lambda args: shown(full - discount if args["withCodeDiscounts"] else full),
            "discountedUnitPriceAfterAllDiscountsSet": shown(
                round((full - discount) / quantity) if quantity else price
            ),
            "priceAfterAllDiscountsBeforeTaxesSet": shown(full - discount),
            "totalDiscountSet": shown(discount),
            "discountAllocations": allocations,
            "taxLines": taxes,
        }

    def _refund(self, order: Row, document: dict[str, Any], row: Row) -> dict[str, Any]:
        lines = {one["line_id"]: one for one in self.lines[order["order_id"]]}
        found = self.refund_lines.get(row["refund_id"], [])
        adjustment, shipping = row["adjustment_cents"] or 0, row["shipping_cents"] or 0
        key, shown = row["refund_id"], partial(bag, order=order)
        return {
            "__typename": "Refund",
            "id": gid("Refund", key),
            "legacyResourceId": str(key),
            "order": document,
            "createdAt": row["created_at"],
            "processedAt": row["processed_at"],
            "updatedAt": row["updated_at"],
            "note": row["note"],
            "totalRefundedSet": shown(row["total_cents"]),
            "refundLineItems": lambda _: [
                {
                    "id": gid("RefundLineItem", one["refund_line_id"]),
                    "lineItem": self.line(order, lines[one["line_id"]]),
                    "location": self.documents.location(one["location_id"]),
                    "quantity": one["quantity"],
                    "restockType": one["restock_type"],
                    "restocked": one["restocked"],
                    "priceSet": shown(round(one["subtotal_cents"] / one["quantity"]) if one["quantity"] else 0),
                    "subtotalSet": shown(one["subtotal_cents"]),
                    "totalTaxSet": shown(one["tax_cents"]),
                }
                for one in found
            ],
            "refundShippingLines": [
                {
                    "id": gid("RefundShippingLine", key),
                    "shippingLine": shipping_line(order, always=True),
                    "subtotalAmountSet": shown(shipping),
                    "taxAmountSet": shown(0),
                }
            ][: bool(shipping)],
            "orderAdjustments": [
                {
                    "id": gid("OrderAdjustment", key),
                    "reason": "REFUND_DISCREPANCY",
                    "amountSet": shown(adjustment),
                    "taxAmountSet": shown(0),
                }
            ][: bool(adjustment)],
            "return": lambda _: returned(self, order, document, row, found),
            "transactions": lambda _: [
                transaction(document, order, one)
                for one in self.transactions[order["order_id"]]
                if one["kind"] == "REFUND" and one["processed_at"] == row["processed_at"]
            ],
        }

    def _fulfilment(self, order: Row, document: dict[str, Any], row: Row) -> dict[str, Any]:
        key = row["fulfillment_id"]
        return {
            "__typename": "Fulfillment",
            "id": gid("Fulfillment", key),
            "legacyResourceId": str(key),
            "name": f"{order['name']}-F{row['parcel']}",
            "order": document,
            "status": row["status"],
            "displayStatus": display_status(order, row),
            "createdAt": row["created_at"],
            "updatedAt": row["updated_at"],
            "inTransitAt": row["created_at"],
            "estimatedDeliveryAt": None,
            "deliveredAt": row["delivered_at"],
            "location": self.documents.location(row["location_id"]),
            "requiresShipping": True,
            "totalQuantity": lambda _: sum(
                units_to_send(self, one) for one in self.lines[order["order_id"]] if is_in_parcel(row, one)
            ),
        }
