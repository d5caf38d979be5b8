"""What Shopify would send, signed with a secret of the tests."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import orjson

from ingestion.deliveries import Delivery
from ingestion.shopify.webhooks import verified

SECRET = "hush"
SETTINGS = {"webhook_secret": SECRET, "base_url": "https://ours.myshopify.com"}
ORDER = {"id": 5, "email": "ann@example.com", "customer": {"id": 7}}
REDACT = {
    "shop_id": 1,
    "shop_domain": "ours.myshopify.com",
    "customer": {"id": 7, "email": " Ann@Example.com", "phone": "+15550001"},
    "orders_to_redact": [5, 6],
}


def signed(body: Any, topic: str = "orders/create", key: str = "k1", **more: str) -> dict[str, Any]:
    """What a client of starlette or requests posts: content and headers."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    headers = {
        "x-shopify-topic": topic,
        "x-shopify-webhook-id": key,
        "x-shopify-triggered-at": datetime.now(UTC).isoformat(),
        "x-shopify-hmac-sha256": base64.b64encode(hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()).decode(),
    }
    return {"content": raw, "headers": {**headers, **{f"x-shopify-{name}": value for name, value in more.items()}}}


def read(body: Any, topic: str = "orders/create", **settings: str) -> Delivery:
    sent = signed(body, topic)
    return verified(sent["headers"], sent["content"], {**SETTINGS, **settings})
