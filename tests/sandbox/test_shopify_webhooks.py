"""What the sandbox's Shopify tells by webhooks: what has changed, in Shopify's signature, as often as asked."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from sandbox.server import Running
from tests.sandbox.conftest import Shopify, Told, request, shown


def send(shopify: Shopify, **asked: Any) -> Any:
    return request(f"{shopify.base}/_sandbox/webhooks", shopify.headers, asked)


def test_tells_what_has_changed(shopify: Shopify, server: Running, listener: tuple[str, Told]) -> None:
    url, told = listener
    answer = send(shopify, url=url, since="2000-01-01T00:00:00+00:00")
    assert answer.json == {"200": len(told)}
    bodies: dict[str, list[Any]] = {}
    for headers, body in told:
        key = hmac.new(b"shpss_sandbox", body, hashlib.sha256).digest()
        assert headers["x-shopify-hmac-sha256"] == base64.b64encode(key).decode()
        bodies.setdefault(headers["x-shopify-topic"], []).append(json.loads(body))
    count = shopify.query("{ ordersCount(limit: null) { count } }")["ordersCount"]["count"]
    assert len(bodies["orders/create"]) == count
    now = server.now.replace(tzinfo=None)
    merged = f"select distinct customer_id from shopify_customers where is_deleted and updated_at <= '{now}'"
    assert {one["id"] for one in bodies["customers/delete"]} == set(shown(server, merged))
    levels = {one["admin_graphql_api_id"] for one in bodies["inventory_levels/update"]}
    node = shopify.query("query($id: ID!) { node(id: $id) { id } }", {"id": min(levels)})["node"]
    assert node == {"id": min(levels)}


def test_plays_a_network(shopify: Shopify, listener: tuple[str, Told]) -> None:
    url, told = listener
    assert send(shopify, url=url, topic="shop/redact", body={"shop_id": 1}, copies=2).json == {"200": 2}
    assert told[0][0]["x-shopify-webhook-id"] == told[1][0]["x-shopify-webhook-id"]
    for asked in (
        {},
        {"url": url},
        {"url": url, "since": "yesterday"},
        {"url": "http://127.0.0.1:1/", "topic": "a", "body": {}},
    ):
        assert send(shopify, **asked).status == 400
