"""The visit that an order says it came from: ``customerJourneySummary`` out of the landing page and the referrer.

The world keeps one visit per order, so first and last visit are the same one here.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit


def journey(order: dict[str, Any]) -> dict[str, Any]:
    visit = _visit(order) if order["landing_page"] or order["referrer_url"] else None
    return {
        "ready": True,
        "customerOrderIndex": None,
        "daysToConversion": None,
        "firstVisit": visit,
        "lastVisit": visit,
    }


def _visit(order: dict[str, Any]) -> dict[str, Any]:
    landing, referrer = order["landing_page"], order["referrer_url"]
    given = {key: values[0] for key, values in parse_qs(urlsplit(landing or "").query).items()}
    utm = {name: given.get(f"utm_{name}") for name in ("source", "medium", "campaign", "content", "term")}
    host = urlsplit(referrer or "").hostname
    return {
        "id": f"gid://shopify/CustomerVisit/{order['order_id']}",
        "landingPage": landing,
        "referrerUrl": referrer,
        "referralCode": None,
        "occurredAt": order["created_at"],
        "source": utm["source"] or host or "direct",
        "sourceType": None,
        "utmParameters": utm if any(utm.values()) else None,
    }
