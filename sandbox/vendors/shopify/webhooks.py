"""Shopify's webhooks in the sandbox, sent when somebody asks for them; a test plays what a network does to them.

    POST /_sandbox/webhooks {"url", "since"}            what has changed since then (exclusive), one after the other
         "copies": 2          each as often, under the same id          "seed": 7      in an order of chance
    POST /_sandbox/webhooks {"url", "topic", "body"}    this one

The answer counts what the receiver said, by status. Bodies have the shape of the old REST documents, as Shopify's do.
The time at which a delivery was triggered is the real one, since a receiver judges by its own clock how old it is.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow.compute as pc
import requests

from sandbox.clock import text
from sandbox.vendors.shopify.access import APP
from sandbox.vendors.shopify.documents import Documents
from sandbox.vendors.shopify.rest import SHAPES
from sandbox.vendors.shopify.values import number_of

if TYPE_CHECKING:
    from sandbox.vendors.shopify.app import Shop

SECONDS = 5.0  # as long as Shopify waits for an answer
UPDATED = {"orders": "updated"}  # the others say update
Told = tuple[str, dict[str, Any]]


def send(shop: Shop, asked: dict[str, Any], domain: str) -> dict[str, int]:
    """Do what a request to the sandbox's route asks for; raises KeyError and ValueError where it says too little."""
    if "topic" in asked:
        told: list[Told] = [(asked["topic"], asked["body"])]
    else:
        told = list(changed(shop.documents(), datetime.fromisoformat(asked["since"])))
    deliveries = [(topic, _id_of(topic, body), body) for topic, body in told] * int(asked.get("copies", 1))
    if "seed" in asked:
        deliveries = [deliveries[place] for place in np.random.default_rng(asked["seed"]).permutation(len(deliveries))]
    with requests.Session() as session:
        session.trust_env = False
        statuses = Counter(_post(session, asked["url"], domain, *one) for one in deliveries)
    return {str(status): count for status, count in statuses.items()}


def changed(documents: Documents, since: datetime) -> Iterator[Told]:
    """Topic and body of all that has changed after ``since`` and is told of."""
    after = np.int64(since.astimezone(UTC).timestamp() * 1_000_000)
    products = documents.snapshot.rows("shopify_products", "product_id")
    for name, rows, build in (
        ("customers", documents.customer_table, documents.customers),
        ("products", products, lambda rows: [documents.catalogue.products[row["product_id"]] for row in rows]),
        ("orders", documents.order_table, documents.orders),
        ("draft_orders", documents.draft_table, documents.drafts),
    ):
        moved = rows.rows(np.flatnonzero(rows.values("updated_at") > after)) if len(rows) else []
        shape = SHAPES.get(name, lambda one: {"id": number_of(one["id"], "DraftOrder")})
        for row, document in zip(moved, build(moved), strict=True):
            is_made = datetime.fromisoformat(row["created_at"]) > since
            yield f"{name}/{'create' if is_made else UPDATED.get(name, 'update')}", shape(document)
    for level in documents.catalogue.levels:
        if datetime.fromisoformat(level["updatedAt"]) > since:
            item, place = level["of"]
            told = {"inventory_item_id": item, "location_id": place, "updated_at": level["updatedAt"]}
            yield "inventory_levels/update", {**told, "admin_graphql_api_id": level["id"]}
    everybody = documents.snapshot.tables.visible("shopify_customers", "customer_id", documents.snapshot.now)
    merged = everybody.filter(
        pc.and_(everybody["is_deleted"], pc.greater(everybody["updated_at"], since.replace(tzinfo=None)))
    )
    for customer in merged["customer_id"].to_pylist():
        yield "customers/delete", {"id": customer}


def _id_of(topic: str, body: dict[str, Any]) -> str:
    """The same for the same event, as a retry has it."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, topic + orjson.dumps(body).decode()))


def _post(session: requests.Session, url: str, domain: str, topic: str, key: str, body: dict[str, Any]) -> int:
    raw = orjson.dumps(body)
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": domain,
        "X-Shopify-Webhook-Id": key,
        "X-Shopify-Triggered-At": text(datetime.now(UTC)),
        "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.new(APP[1].encode(), raw, hashlib.sha256).digest()).decode(),
    }
    return session.post(url, raw, headers=headers, timeout=SECONDS).status_code
