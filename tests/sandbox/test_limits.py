"""Limits at speed 1 are the vendors' own, and so are their signals."""

from __future__ import annotations

import time

import pytest

from sandbox.limits import Bucket, Windows
from sandbox.server import Running
from tests.sandbox.conftest import Klaviyo, Shopify, request

SETS = (
    "totalPrice",
    "currentTotalPrice",
    "totalTax",
    "totalDiscounts",
    "totalShippingPrice",
    "totalRefunded",
    "subtotalPrice",
)
MONEY = " ".join(f"{name}Set {{ shopMoney {{ amount }} presentmentMoney {{ amount }} }}" for name in SETS)
DEAR = f"{{ orders(first: 250) {{ nodes {{ id {MONEY} }} }} }}"


@pytest.fixture(scope="module")
def slow_shopify(slow_server: Running) -> Shopify:
    return Shopify(slow_server)


@pytest.fixture(scope="module")
def slow_klaviyo(slow_server: Running) -> Klaviyo:
    return Klaviyo(slow_server)


def test_bucket_refills_in_its_own_time() -> None:
    now = [0.0]
    bucket = Bucket(100, 10, lambda: now[0])
    assert bucket.take(90)
    assert not bucket.take(20)
    now[0] = 1.0
    assert bucket.take(20)
    now[0] = 100.0
    assert bucket.left() == 100


def test_windows_say_how_long_to_wait() -> None:
    now = [0.0]
    windows = Windows(((1.0, 2), (60.0, 3)), lambda: now[0])
    assert [windows.take() for _ in range(3)] == [0, 0, 1.0]
    now[0] = 1.0
    assert windows.take() == 0
    assert windows.take() == 59.0
    assert windows.steady() == (3, 0, 59.0)


def test_shopify_throttles_with_200_and_recovers(slow_shopify: Shopify) -> None:
    cost = slow_shopify.post(DEAR).json["extensions"]["cost"]
    assert cost["throttleStatus"]["restoreRate"] == 100.0
    assert cost["actualQueryCost"] <= cost["requestedQueryCost"] <= 1000
    for _ in range(20):
        answer = slow_shopify.post(DEAR)
        if "errors" in answer.json:
            break
    assert answer.status == 200
    assert answer.json["errors"][0]["extensions"]["code"] == "THROTTLED"
    throttled = answer.json["extensions"]["cost"]
    assert throttled["actualQueryCost"] is None
    missing = throttled["requestedQueryCost"] - throttled["throttleStatus"]["currentlyAvailable"]
    assert missing > 0
    time.sleep(missing / 100.0 + 0.1)
    assert "errors" not in slow_shopify.post(DEAR).json


def test_shopify_refuses_what_is_too_dear(slow_shopify: Shopify) -> None:
    huge = "{ orders(first: 250) { nodes { lineItems(first: 250) { nodes { id variant { id product { id variants(first: 250) { nodes { id } } } } } } } } }"
    answer = slow_shopify.post(huge)
    assert answer.status == 200
    assert answer.json["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


def test_rest_limit_is_told_and_kept(slow_shopify: Shopify) -> None:
    answers = [request(f"{slow_shopify.base}/admin/api/2026-10/shop.json", slow_shopify.headers) for _ in range(60)]
    refused = [one for one in answers if one.status == 429]
    assert refused
    assert refused[0].headers["retry-after"] == "2.0"


def test_klaviyo_429_after_the_burst(slow_klaviyo: Klaviyo) -> None:
    first = slow_klaviyo.call("GET", "metrics")
    assert first.headers["ratelimit-limit"] == "150"
    assert first.headers["ratelimit-remaining"] == "149"
    refused = None
    for _ in range(40):
        answer = slow_klaviyo.call("GET", "metrics")
        if answer.status == 429:
            refused = answer
            break
    assert refused is not None
    assert int(refused.headers["retry-after"]) >= 1
    assert "ratelimit-limit" not in refused.headers
    assert refused.json["errors"][0]["code"] == "throttled"
    time.sleep(int(refused.headers["retry-after"]))
    assert slow_klaviyo.call("GET", "metrics").status == 200


def test_five_bulk_operations_at_once(slow_shopify: Shopify) -> None:
    mutation = 'mutation { bulkOperationRunQuery(query: "{ orders { nodes { id } } }") { bulkOperation { id status } userErrors { code } } }'
    started = [slow_shopify.query(mutation)["bulkOperationRunQuery"] for _ in range(6)]
    assert [one["bulkOperation"]["status"] for one in started[:5]] == ["CREATED"] * 5
    assert started[5]["userErrors"][0]["code"] == "LIMIT_REACHED"
    one, seen = started[0]["bulkOperation"]["id"], {"CREATED"}
    for _ in range(100):
        state = slow_shopify.query("query($id: ID!) { bulkOperation(id: $id) { status url } }", {"id": one})[
            "bulkOperation"
        ]
        seen.add(state["status"])
        assert (state["url"] is not None) == (state["status"] == "COMPLETED")
        if state["status"] == "COMPLETED":
            break
        time.sleep(0.1)
    assert {"CREATED", "RUNNING", "COMPLETED"} <= seen


def test_import_job_passes_through_its_states(slow_klaviyo: Klaviyo) -> None:
    rows = [{"type": "profile", "attributes": {"email": "slow@example.com"}}]
    data = {"type": "profile-bulk-import-job", "attributes": {"profiles": {"data": rows}}}
    job = slow_klaviyo.call("POST", "profile-bulk-import-jobs", {"data": data}).json["data"]
    assert job["attributes"]["status"] == "queued"
    seen = set()
    for _ in range(60):
        seen.add(slow_klaviyo.get(f"profile-bulk-import-jobs/{job['id']}")["data"]["attributes"]["status"])
        if "complete" in seen:
            break
        time.sleep(0.15)
    assert {"processing", "complete"} <= seen
