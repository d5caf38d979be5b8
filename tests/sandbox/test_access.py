"""What a token or a key opens: scopes, the 60 days of orders, versions that fall forward, counts of events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from sandbox.server import Running, running
from sandbox.vendors.shopify.access import served

from .conftest import Klaviyo, Shopify, request

SCOPES = "{ currentAppInstallation { app { title } accessScopes { handle } } }"


@pytest.fixture(scope="module")
def old_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A shop that is older than 60 days."""
    with running(tmp_path_factory.mktemp("old"), people=100, days=80) as server:
        yield server


def test_without_all_orders_the_old_ones_are_nowhere(old_shop: Running) -> None:
    everything, few = Shopify(old_shop), Shopify(old_shop)
    few.headers = {**few.headers, "X-Shopify-Access-Token": "shpat_60_days"}
    since = old_shop.now.replace(tzinfo=None) - timedelta(days=60)
    seen = {
        one["id"]
        for one in everything.pages("orders", "id createdAt")
        if datetime.fromisoformat(one["createdAt"]).replace(tzinfo=None) >= since
    }
    number = everything.query("{ ordersCount(limit: null) { count } }")["ordersCount"]["count"]
    assert 0 < len(seen) < number
    assert {one["id"] for one in few.pages("orders", "id")} == seen
    assert few.query("{ ordersCount { count } }")["ordersCount"]["count"] == len(seen)
    assert {one["id"] for one in few.bulk("{ orders { edges { node { id } } } }")} == seen
    count = f"{few.base}/admin/api/2026-10/orders/count.json?status=any"
    assert request(count, few.headers).json["count"] == len(seen)
    hidden = next(one["id"] for one in everything.pages("orders", "id") if one["id"] not in seen)
    assert few.query("query($id: ID!) { order(id: $id) { id } }", {"id": hidden}) == {"order": None}


def test_a_token_tells_its_scopes_and_does_no_more(shopify: Shopify) -> None:
    few = Shopify(shopify.server)
    few.headers = {**few.headers, "X-Shopify-Access-Token": "shpat_few_scopes"}
    handles = [one["handle"] for one in few.query(SCOPES)["currentAppInstallation"]["accessScopes"]]
    assert handles == ["read_orders", "write_products"]
    assert few.pages("products", "id", "first: 250")
    denied = few.post("{ customers(first: 1) { nodes { id } } }").json
    assert denied["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert "read_customers" in denied["errors"][0]["message"]


@pytest.mark.parametrize(
    ("asked", "answers"),
    [("2026-10", "2026-10"), ("2026-04", "2026-04"), ("2024-01", "2026-01"), ("2027-01", None), ("latest", None)],
)
def test_versions_fall_forward(shopify: Shopify, asked: str, answers: str | None) -> None:
    assert served(asked) == answers
    answer = request(f"{shopify.base}/admin/api/{asked}/shop.json", shopify.headers)
    assert answer.headers.get("x-shopify-api-version") == answers
    assert answer.status == (200 if answers else 404)


def test_an_apps_secret_becomes_a_token(shopify: Shopify) -> None:
    given = {"grant_type": "client_credentials", "client_id": "client_sandbox", "client_secret": "shpss_sandbox"}
    headers = {"Content-Type": "application/json"}
    answer = request(f"{shopify.base}/admin/oauth/access_token", headers, given)
    assert answer.json["access_token"] == "shpat_sandbox"
    wrong = request(f"{shopify.base}/admin/oauth/access_token", headers, {**given, "client_secret": "other"})
    assert (wrong.status, wrong.json["error"]) == (400, "invalid_client")


def test_a_key_opens_what_its_scopes_say(klaviyo: Klaviyo) -> None:
    few = {"Authorization": "Klaviyo-API-Key pk_few_scopes"}
    assert klaviyo.call("GET", "events", **few).status == 200
    for method, path in (("GET", "profiles"), ("GET", "accounts"), ("POST", "profile-bulk-import-jobs")):
        answer = klaviyo.call(method, path, **few)
        assert (answer.status, answer.json["errors"][0]["code"]) == (403, "permission_denied")
    assert klaviyo.get("accounts")["data"][0]["attributes"]["preferred_currency"] == "USD"


def test_events_are_counted_by_metric(klaviyo: Klaviyo) -> None:
    now = klaviyo.server.now
    since = now - timedelta(days=20)
    ends = [f"greater-or-equal(datetime,{since:%Y-%m-%dT%H:%M:%S})", f"less-than(datetime,{now:%Y-%m-%dT%H:%M:%S})"]
    events = klaviyo.pages(f"events?page[size]=1000&filter=and({','.join(ends)})")
    metric = events[0]["relationships"]["metric"]["data"]["id"]
    asked = {"metric_id": metric, "measurements": ["count"], "interval": "month", "timezone": "UTC", "filter": ends}
    body = {"data": {"type": "metric-aggregate", "attributes": asked}}
    found = klaviyo.call("POST", "metric-aggregates", body).json["data"]["attributes"]
    (row,) = found["data"]
    assert len(found["dates"]) == len(row["measurements"]["count"])
    expected = sum(one["relationships"]["metric"]["data"]["id"] == metric for one in events)
    assert sum(row["measurements"]["count"]) == expected > 0
    asked["filter"] = ends[:1]
    assert klaviyo.call("POST", "metric-aggregates", body).status == 400
