"""Faults on demand look like the vendors' own, and each happens as often as it was ordered."""

from __future__ import annotations

import http.client
import time

import pytest

from sandbox.server import call
from tests.sandbox.conftest import Klaviyo, Shopify

SHOP = "{ shop { name } }"


def test_error_500_then_fine(klaviyo: Klaviyo) -> None:
    klaviyo.server.faults("klaviyo", "error_500", 2)
    assert [klaviyo.call("GET", "metrics").status for _ in range(3)] == [500, 500, 200]


def test_throttle_is_a_200_at_shopify_and_a_429_at_klaviyo(shopify: Shopify, klaviyo: Klaviyo) -> None:
    shopify.server.faults("shopify", "throttle")
    answer = shopify.post(SHOP)
    assert (answer.status, answer.json["errors"][0]["extensions"]["code"]) == (200, "THROTTLED")
    assert shopify.post(SHOP).json["data"]["shop"]["name"]
    klaviyo.server.faults("klaviyo", "throttle")
    refused = klaviyo.call("GET", "metrics")
    assert (refused.status, refused.headers["retry-after"]) == (429, "1")
    assert klaviyo.call("GET", "metrics").status == 200


def test_hangup_cuts_the_body(klaviyo: Klaviyo) -> None:
    klaviyo.server.faults("klaviyo", "hangup")
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        klaviyo.call("GET", "profiles?page%5Bsize%5D=100")
    assert klaviyo.call("GET", "profiles?page%5Bsize%5D=100").status == 200


def test_slow_answers_late(shopify: Shopify) -> None:
    shopify.server.faults("shopify", "slow")
    began = time.monotonic()
    shopify.post(SHOP)
    assert time.monotonic() - began >= 1.0


def test_duplicate_page_repeats_rows_and_loses_none(shopify: Shopify, klaviyo: Klaviyo) -> None:
    events = "events?page%5Bsize%5D=500&sort=datetime"
    for pages, name in (
        (lambda: [one["id"] for one in shopify.pages("orders", "id", "first: 100")], "shopify"),
        (lambda: [one["id"] for one in klaviyo.pages(events)], "klaviyo"),
    ):
        plain = pages()
        shopify.server.faults(name, "duplicate_page")
        doubled = pages()
        assert len(doubled) > len(plain) == len(set(plain))
        assert set(doubled) == set(plain)


def test_expired_cursor(shopify: Shopify, klaviyo: Klaviyo) -> None:
    following = klaviyo.get("profiles")["links"]["next"]
    klaviyo.server.faults("klaviyo", "expired_cursor")
    assert klaviyo.call("GET", following).json["errors"][0]["detail"] == "Invalid cursor provided."
    assert klaviyo.call("GET", following).status == 200
    cursor = shopify.query("{ orders(first: 1) { pageInfo { endCursor } } }")["orders"]["pageInfo"]["endCursor"]
    shopify.server.faults("shopify", "expired_cursor")
    query = "query($after: String) { orders(first: 1, after: $after) { nodes { id } } }"
    assert shopify.post(query, {"after": cursor}).json["errors"][0]["extensions"]["code"] == "BAD_CURSOR"
    assert shopify.query(query, {"after": cursor})["orders"]["nodes"]


def test_unknown_faults_are_refused(shopify: Shopify) -> None:
    for vendor, kind in (("shopify", "earthquake"), ("nobody", "throttle")):
        with pytest.raises(ValueError, match=r"fault|vendor"):
            shopify.server.faults(vendor, kind)


def test_requests_are_counted_by_kind_of_call(klaviyo: Klaviyo) -> None:
    before = {(one["method"], one["path"]): one["count"] for one in klaviyo.server.requests()}
    key = klaviyo.get("profiles?page%5Bsize%5D=1")["data"][0]["id"]
    klaviyo.get(f"profiles/{key}")
    after = {(one["method"], one["path"]): one["count"] for one in klaviyo.server.requests() if one["status"] == 200}
    assert after["GET", "/api/profiles/{id}"] == before.get(("GET", "/api/profiles/{id}"), 0) + 1
    assert {"klaviyo", "meta", "shopify", "square", "web_events"} <= set(call(klaviyo.server.port, "health")["vendors"])
