"""Which raw rows of Shopify go when an object was deleted, and what of them when a customer is redacted.

A redacted customer's row goes. Orders stay, since the shop's sales are what they were, without everything that tells
who bought and where to; only the customer's number stays, so that a count of buyers does not change.
"""

from __future__ import annotations

from collections.abc import Iterable

from ingestion.deliveries import Delivery
from ingestion.erasing import Erasure

BELOW_AN_ORDER = (
    *("order_lines", "discount_allocations", "order_transactions", "refunds", "refund_lines", "return_lines"),
    *("fulfillments", "fulfillment_orders"),
)
TELLS_WHO = (
    *("email", "phone", "client_ip", "checkout_token", "cart_token", "landing_page_url", "referrer_url"),
    *("shipping_first_name", "shipping_last_name", "shipping_address1", "shipping_city", "shipping_zip"),
)
IN_ORDERS = "order_id in (select id from raw_shopify.orders where {})"
HAS_EMAIL = "list_contains(?, sha256(lower(trim(email))))"


def erasures(gone: Iterable[str], said: Iterable[Delivery]) -> list[Erasure]:
    """``gone``: global ids of deleted objects; of what was ``said`` only ``redact`` is looked at."""
    deleted: dict[str, list[str]] = {}
    for gid in gone:
        *_, kind, key = gid.split("/")
        deleted.setdefault(kind, []).append(key)
    told: dict[str, list[str]] = {"customers": [], "orders": [], "emails": []}
    for delivery in said:
        for name, values in delivery.redact.items():
            told[name] += values
    found = [*_deleted(deleted), *_redacted(**told)]
    return [one for one in found if one.values]


def _deleted(kinds: dict[str, list[str]]) -> Iterable[Erasure]:
    orders, products, drafts = (kinds.get(kind, []) for kind in ("Order", "Product", "DraftOrder"))
    sent = "fulfillment_order_id in (select id from raw_shopify.fulfillment_orders where list_contains(?, order_id))"
    yield Erasure("fulfillment_order_lines", sent, orders)
    for table in BELOW_AN_ORDER:
        yield Erasure(table, "list_contains(?, order_id)", orders)
    yield Erasure("orders", "list_contains(?, id)", orders)
    yield Erasure("customers", "list_contains(?, id)", kinds.get("Customer", []))
    yield Erasure("variants", "list_contains(?, product_id)", products)
    yield Erasure("products", "list_contains(?, id)", products)
    yield Erasure("draft_order_lines", "list_contains(?, draft_order_id)", drafts)
    yield Erasure("draft_orders", "list_contains(?, id)", drafts)


def _redacted(customers: list[str], orders: list[str], emails: list[str]) -> Iterable[Erasure]:
    for where, values in (
        ("list_contains(?, customer_id)", customers),
        ("list_contains(?, id)", orders),
        (HAS_EMAIL, emails),
    ):
        # what hangs below an order first: it is found by what the order is about to lose
        yield Erasure("refunds", IN_ORDERS.format(where), values, ("note",))
        yield Erasure("orders", where, values, TELLS_WHO)
    for where, values in (("list_contains(?, customer_id)", customers), (HAS_EMAIL, emails)):
        yield Erasure("abandoned_checkouts", where, values, ("email", "url"))
    for where, values in (("list_contains(?, id)", customers), (HAS_EMAIL, emails)):
        yield Erasure("customers", where, values)
