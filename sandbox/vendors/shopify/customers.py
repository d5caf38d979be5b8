"""Customers and abandoned checkouts as Shopify shows them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from sandbox.vendors.shopify.rows import Row
from sandbox.vendors.shopify.values import address, bag, gid, money
from sandbox.vendors.shopify.writes import chosen

if TYPE_CHECKING:
    from sandbox.vendors.shopify.documents import Documents


def customer(documents: Documents, row: Row) -> dict[str, Any]:
    """One customer; the deprecated ``email`` and ``phone`` are there too, as in the vendor's schema."""
    key, email, phone = row["customer_id"], row["email"], row["phone"]
    name = " ".join(one for one in (row["first_name"], row["last_name"]) if one) or email or ""
    home = address(row, "", f"c{key}")
    opt_in = "SINGLE_OPT_IN"
    sms = {
        "state": row["sms_state"] or "NOT_SUBSCRIBED",
        "optInLevel": opt_in,
        "updatedAt": row["sms_state_at"],
        "collectedFrom": "SHOPIFY",
        "sourceLocation": None,
    }
    sms_deprecated = {
        "marketingState": sms["state"],
        "marketingOptInLevel": opt_in,
        "consentUpdatedAt": sms["updatedAt"],
        "consentCollectedFrom": "SHOPIFY",
    }
    document = {
        "__typename": "Customer",
        "id": gid("Customer", key),
        "legacyResourceId": str(key),
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "displayName": name,
        "email": email,
        "phone": phone,
        "locale": "en",
        "note": None,
        "state": row["account_state"],
        "tags": documents.tags("Customer", key, row["tags"]),
        "taxExempt": False,
        "verifiedEmail": bool(row["verified_email"]),
        "dataSaleOptOut": bool(row["data_sale_opt_out"]),
        "multipassIdentifier": None,
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
        "defaultAddress": home,
        "addresses": [home] if home else [],
        "defaultEmailAddress": email
        and {
            "emailAddress": email,
            "validFormat": "@" in email,
            "marketingState": row["email_state"] or "NOT_SUBSCRIBED",
            "marketingOptInLevel": opt_in if row["email_state"] == "SUBSCRIBED" else None,
            "marketingUpdatedAt": row["email_state_at"],
        },
        "emailMarketingConsent": email
        and {
            "marketingState": row["email_state"] or "NOT_SUBSCRIBED",
            "marketingOptInLevel": opt_in,
            "consentUpdatedAt": row["email_state_at"],
        },
        "defaultPhoneNumber": phone
        and {
            "phoneNumber": phone,
            "smsMarketingConsent": sms,
            "whatsAppMarketingConsent": {**sms, "state": "NOT_SUBSCRIBED", "updatedAt": None},
            "marketingState": sms["state"],
            "marketingOptInLevel": opt_in,
            "marketingUpdatedAt": sms["updatedAt"],
        },
        "smsMarketingConsent": phone and sms_deprecated,
    }
    metafields = documents.metafields_of
    document["metafields"] = lambda args: chosen(metafields(document["id"]), args)
    document["metafield"] = lambda args: next(
        iter(chosen(metafields(document["id"]), {"namespace": args.get("namespace"), "keys": [args["key"]]})), None
    )
    document["orders"] = lambda args: documents.orders_of(key, args)
    document["lastOrder"] = lambda _: next(iter(documents.orders_of(key, {"reverse": True})), None)
    document["numberOfOrders"] = lambda _: str(len(documents.order_rows_of(key)))
    document["amountSpent"] = lambda _: money(sum(one["current_total_cents"] for one in documents.order_rows_of(key)))
    return document


class CheckoutBatch:
    """Abandoned checkouts; they exist only once contact details were given."""

    def __init__(self, documents: Documents, rows: list[Row]) -> None:
        self._all, self._rows = documents, rows

    @cached_property
    def lines(self) -> dict[int, list[Row]]:
        ids = [row["checkout_id"] for row in self._rows]
        children = self._all.snapshot.children("shopify_checkout_lines", "checkout_line_id", "checkout_id")
        return children.of(ids)

    @cached_property
    def customers(self) -> dict[int, dict[str, Any]]:
        return self._all.customers_by_id([row["customer_id"] for row in self._rows if row["customer_id"] is not None])

    def checkouts(self) -> list[dict[str, Any]]:
        return [self._checkout(row) for row in self._rows]

    def _checkout(self, row: Row) -> dict[str, Any]:
        key, customer_id, total = row["checkout_id"], row["customer_id"], row["total_cents"]
        return {
            "__typename": "AbandonedCheckout",
            "id": gid("AbandonedCheckout", key),
            "name": f"#{key}",
            "note": "",
            "abandonedCheckoutUrl": f"https://shop.example.com/checkouts/{row['token']}/recover",
            "createdAt": row["created_at"],
            "updatedAt": row["updated_at"],
            "completedAt": row["completed_at"],
            "customer": lambda _: self.customers.get(customer_id) if customer_id is not None else None,
            "customAttributes": [],
            "discountCodes": [],
            "billingAddress": None,
            "shippingAddress": None,
            "taxLines": [],
            "taxesIncluded": False,
            "totalPriceSet": bag(total),
            "subtotalPriceSet": bag(total),
            "totalLineItemsPriceSet": bag(total),
            "totalDiscountSet": bag(0),
            "totalTaxSet": bag(0),
            "lineItems": lambda _: [self._line(one) for one in self.lines[key]],
        }

    def _line(self, row: Row) -> dict[str, Any]:
        variant, product = self._all.variant(row["variant_id"]), None
        price = row.get("unit_price_cents")
        if variant is not None:
            product = variant["product"]({})
            price = price if price is not None else variant["price_cents"]
        unit, total = bag(price), bag((price or 0) * row["quantity"])
        return {
            "__typename": "AbandonedCheckoutLineItem",
            "id": gid("AbandonedCheckoutLineItem", row["checkout_line_id"]),
            "title": row.get("title") or (product["title"] if product else None),
            "sku": row.get("sku") or (variant["sku"] if variant else None),
            "quantity": row["quantity"],
            "variant": variant,
            "variantTitle": variant["title"] if variant else None,
            "product": product,
            "customAttributes": [],
            "originalUnitPriceSet": unit,
            "discountedUnitPriceSet": unit,
            "originalTotalPriceSet": total,
            "discountedTotalPriceSet": total,
        }
