"""Square's webhooks: how a delivery is verified, and which objects it names.

The signature covers the address that was told and the whole body, in which type, id and time stand too: nothing of a
delivery can be changed, and one that was caught elsewhere does not fit here. Still it is only a hint to look.

A sale at a till is told by its payment alone, since ``order.*`` tells of orders that were made through the API: so a
payment and a refund name their order too. Of the catalogue is told only that something has changed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

import selvage
from ingestion.deliveries import Delivery, Refused

SETTINGS = {"webhook_signature_key": selvage.REQUIRED, "webhook_url": selvage.REQUIRED}
HEADER = "x-square-hmacsha256-signature"
FEEDS = {
    "order": "orders",
    "order.fulfillment": "orders",
    "payment": "payments",
    "refund": "refunds",
    "customer": "customers",
    "loyalty.account": "loyalty",
    "location": "locations",
}
GOES = ("customer", "loyalty.account")
NAMED_TOO = {"order_id": "orders", "payment_id": "payments"}
NEWS_OF_CATALOG = "catalog/news"
ID = re.compile(r"[A-Za-z0-9_-]{1,255}")
LONGEST_ID = 200


def verified(headers: Mapping[str, str], body: bytes, settings: Mapping[str, str]) -> Delivery:
    """What a delivery says, once its signature is found right; raises Refused.

    ``headers`` by lower-case name. The key may be two with a comma between, while it is being replaced.
    """
    given, url = headers.get(HEADER, "").encode(), settings["webhook_url"].strip()
    keys = [key.strip() for key in settings["webhook_signature_key"].split(",") if key.strip()]
    if not any(hmac.compare_digest(signature(key, url, body), given) for key in keys):
        raise Refused(401, "wrong_signature")
    try:
        read = orjson.loads(body)
        key, topic, at = read["event_id"], read["type"], datetime.fromisoformat(read["created_at"])
    except (KeyError, TypeError, ValueError):
        raise Refused(400, "no_id_type_or_time") from None
    if not isinstance(key, str) or not isinstance(topic, str) or not 0 < len(key) <= LONGEST_ID >= len(topic):
        raise Refused(400, "no_id_type_or_time")
    at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    try:
        return Delivery(id=key, topic=topic, triggered_at=at, **_meaning(topic, read.get("data")))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Refused(400, "body_does_not_fit_type") from None


def signature(key: str, url: str, body: bytes) -> bytes:
    return base64.b64encode(hmac.new(key.encode(), url.encode() + body, hashlib.sha256).digest())


def keys(ids: Iterable[str]) -> dict[str, list[str]]:
    """Ids by the list that they belong to."""
    found: dict[str, list[str]] = {}
    for one in ids:
        feed, _, key = one.partition("/")
        found.setdefault(feed, []).append(key)
    return found


def _meaning(topic: str, data: Any) -> dict[str, Any]:
    """What has changed, or has gone; nothing for types that nothing is landed of."""
    subject, _, event = topic.rpartition(".")
    if event == "deleted" and subject in GOES:
        return {"gone": (_id(FEEDS[subject], data["id"]),)}
    if event in ("created", "updated") and subject in FEEDS:
        return {"changed": tuple(_named(subject, data))}
    if topic == "inventory.count.updated":
        counts = (data.get("object") or {}).get("inventory_counts") or ()  # nothing of what was deleted
        return {"changed": tuple(dict.fromkeys(_id("counts", one["catalog_object_id"]) for one in counts))}
    if topic == "catalog.version.updated":
        return {"changed": (NEWS_OF_CATALOG,)}
    return {}


def _named(subject: str, data: dict[str, Any]) -> Iterator[str]:
    yield _id(FEEDS[subject], data["id"])
    if subject in ("payment", "refund"):
        one = data["object"][subject]
        for name, feed in NAMED_TOO.items():
            if one.get(name):
                yield _id(feed, one[name])


def _id(feed: str, key: str) -> str:
    """``<list>/<id>``. An id goes into the path of a question: what does not look like one is refused."""
    if not ID.fullmatch(key):
        raise ValueError("not an id")
    return f"{feed}/{key}"
