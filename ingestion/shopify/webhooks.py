"""Shopify's webhooks: how a delivery is verified, and which objects it names.

The signature covers the body alone. Topic, id and time stand in headers that whoever has seen one delivery could
change, so none of them is believed where it would do harm: changed objects are read from the API, deleted ones must be
unknown to it, and a redaction must have the body that only a redaction has.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

import selvage
from ingestion.deliveries import Delivery, Refused

SETTINGS = {"webhook_secret": selvage.REQUIRED}
DELETED = {
    "customers/delete": "Customer",
    "orders/delete": "Order",
    "products/delete": "Product",
    "draft_orders/delete": "DraftOrder",
}
KINDS = {
    "orders": "Order",
    "customers": "Customer",
    "products": "Product",
    "draft_orders": "DraftOrder",
}
OF_ORDERS = ("refunds", "fulfillments", "order_transactions", "returns")
OF_CUSTOMERS = ("customers_email_marketing_consent", "customers_marketing_consent")
GLOBAL_ID = re.compile(r"gid://shopify/[A-Za-z]+/[0-9]+(\?inventory_item_id=[0-9]+)?")
LONGEST_ID = 200


def verified(headers: Mapping[str, str], body: bytes, settings: Mapping[str, str]) -> Delivery:
    """What a delivery says, once its signature is found right; raises Refused.

    ``headers`` by lower-case name. The secret may be two with a comma between, while it is being rotated.
    """
    given = headers.get("x-shopify-hmac-sha256", "").encode()
    keys = [key.strip() for key in settings["webhook_secret"].split(",") if key.strip()]
    if not any(hmac.compare_digest(signature(key, body), given) for key in keys):
        raise Refused(401, "wrong_signature")
    topic, key = headers.get("x-shopify-topic", ""), headers.get("x-shopify-webhook-id", "")
    try:
        at = datetime.fromisoformat(headers["x-shopify-triggered-at"]).astimezone(UTC)
        read = orjson.loads(body)
    except (KeyError, ValueError):
        raise Refused(400, "no_time_or_no_json") from None
    if not key or len(key) > LONGEST_ID or len(topic) > LONGEST_ID or not isinstance(read, dict):
        raise Refused(400, "no_id_or_no_object")
    try:
        return Delivery(id=key, topic=topic, triggered_at=at, **_meaning(topic, read, settings))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Refused(400, "body_does_not_fit_topic") from None


def signature(key: str, body: bytes) -> bytes:
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest())


def _meaning(topic: str, read: dict[str, Any], settings: Mapping[str, str]) -> dict[str, Any]:
    if topic == "customers/redact":
        return {"redact": _redacted(read, settings)}
    if topic == "customers/data_request":
        return {"asks": f"data request {int(read['data_request']['id'])} of customer {int(read['customer']['id'])}"}
    if topic == "shop/redact":
        _check_shop(read, settings)
        return {"asks": "Shopify wants all data of this shop erased (the app was removed): `make clean`, if it is so"}
    if topic == "customers/merge":
        kept, gone = (_checked(read[f"admin_graphql_api_id_customer_{which}"]) for which in ("kept", "deleted"))
        return {"changed": (kept,), "gone": (gone,)}
    if topic in DELETED:
        return {"gone": (_gid(DELETED[topic], read["id"]),)}
    return {"changed": tuple(_named(topic.partition("/")[0], read))}


def _named(subject: str, read: dict[str, Any]) -> Iterator[str]:
    """The objects that have changed; none for topics that nothing is landed of."""
    if subject == "inventory_levels":
        yield _checked(read["admin_graphql_api_id"])
    elif subject == "fulfillment_orders" and "fulfillment_order" in read:
        yield _checked(read["fulfillment_order"]["id"])
    elif subject in OF_ORDERS:
        yield _gid("Order", read["order_id"] if "order_id" in read else read["order"]["id"])
    elif subject in OF_CUSTOMERS:
        yield _gid("Customer", read["customer_id"])
    elif "order_edit" in read:
        yield _gid("Order", read["order_edit"]["order_id"])
    elif subject in KINDS and "id" in read:
        yield _gid(KINDS[subject], read["id"])
    if subject == "orders" and read.get("customer"):
        yield _gid("Customer", read["customer"]["id"])
    if subject == "products":
        yield from (_gid("ProductVariant", one["id"]) for one in read.get("variants", ()))


def _redacted(read: dict[str, Any], settings: Mapping[str, str]) -> dict[str, list[str]]:
    """Whom to erase; of an address only the hash by which it is found."""
    _check_shop(read, settings)
    orders, customer = [str(int(one)) for one in read["orders_to_redact"]], read["customer"]
    email = (customer.get("email") or "").strip().lower()
    return {
        "customers": [str(int(customer["id"]))] if customer.get("id") else [],
        "orders": orders,
        "emails": [hashlib.sha256(email.encode()).hexdigest()] if email else [],
    }


def _check_shop(read: dict[str, Any], settings: Mapping[str, str]) -> None:
    """An app's secret signs for every shop that has it; raises Refused for another shop than ours."""
    ours, theirs = urlsplit(settings["base_url"]).hostname or "", str(read["shop_domain"])
    if ours.endswith(".myshopify.com") and ours != theirs:
        raise Refused(401, "another_shop")


def _checked(gid: str) -> str:
    """An id that the API can be asked for: a single other one would make it refuse all that are asked with it."""
    if not GLOBAL_ID.fullmatch(gid):
        raise ValueError("not a global id")
    return gid


def _gid(kind: str, key: Any) -> str:
    return f"gid://shopify/{kind}/{int(key)}"
