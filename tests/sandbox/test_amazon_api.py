"""The sandbox's Amazon against the world's own tables, and against what its documentation says."""

from __future__ import annotations

import csv
import gzip
import io
import time
from typing import Any
from urllib.parse import urlencode

import duckdb
import pytest

from sandbox.server import Running
from sandbox.vendors.amazon.gate import MARKETPLACE
from sandbox.vendors.amazon.tokens import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from tests.sandbox.conftest import Answer, request

ALL = "BUYER,RECIPIENT,PROCEEDS,PROMOTION,CANCELLATION,FULFILLMENT"
RETURNS, LEDGER = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA", "GET_LEDGER_DETAIL_VIEW_DATA"


class Amazon:
    """A plain caller with the seller's own token."""

    def __init__(self, server: Running) -> None:
        self.server, self.base = server, f"{server.url}/amazon"
        self.token = self.exchange().json["access_token"]

    def exchange(self, **more: str) -> Answer:
        fields = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        body = urlencode(fields | {"refresh_token": REFRESH_TOKEN} | more).encode()
        return request(f"{self.base}/auth/o2/token", {}, body)

    def call(self, path: str, body: Any = None, token: str | None = None, **asked: Any) -> Answer:
        headers = {"x-amz-access-token": self.token if token is None else token}
        return request(f"{self.base}/{path}?{urlencode(asked)}", headers, body)

    def get(self, path: str, **asked: Any) -> Any:
        for _ in range(200):
            answer = self.call(path, **asked)
            if answer.status != 429:
                break
            time.sleep(0.01)
        assert answer.status == 200, answer.body
        return answer.json

    def orders(self, size: int = 100, **asked: Any) -> list[dict[str, Any]]:
        asked = {"marketplaceIds": MARKETPLACE, "includedData": ALL, "maxResultsPerPage": size, **asked}
        found, token = [], None
        while True:
            page = self.get("orders/2026-01-01/orders", **asked, **({"paginationToken": token} if token else {}))
            found += page["orders"]
            token = page["pagination"].get("nextToken")
            if not token:
                return found

    def report(self, kind: str, since: str, until: str) -> tuple[str, list[dict[str, str]]]:
        asked = {"reportType": kind, "marketplaceIds": [MARKETPLACE], "dataStartTime": since, "dataEndTime": until}
        made = self.call("reports/2021-06-30/reports", asked)
        assert made.status == 200, made.body
        for _ in range(500):
            found = self.get(f"reports/2021-06-30/reports/{made.json['reportId']}")
            if found["processingStatus"] not in ("IN_QUEUE", "IN_PROGRESS"):
                break
            time.sleep(0.01)
        if "reportDocumentId" not in found:
            return found["processingStatus"], []
        document = self.get(f"reports/2021-06-30/documents/{found['reportDocumentId']}")
        assert document["compressionAlgorithm"] == "GZIP"
        text = gzip.decompress(request(document["url"], {}).body).decode("cp1252")
        assert request(document["url"] + "x", {}).status == 403
        return "DONE", list(csv.DictReader(io.StringIO(text), delimiter="\t"))

    def world(self, sql: str) -> list[tuple[Any, ...]]:
        now = self.server.now.replace(tzinfo=None)
        return duckdb.execute(sql.format(folder=self.server.world, now=now)).fetchall()


@pytest.fixture(scope="module")
def amazon(server: Running) -> Amazon:
    return Amazon(server)


def test_tokens_are_given_for_the_sellers_refresh_token(amazon: Amazon) -> None:
    assert amazon.exchange(refresh_token="no").json["error"] == "invalid_grant"
    assert amazon.exchange(client_secret="no").json["error"] == "invalid_client"
    refused = amazon.call("orders/2026-01-01/orders", token="Atza|no")
    assert (refused.status, refused.json["errors"][0]["code"]) == (403, "Unauthorized")


def test_a_search_brings_every_order_once_in_small_pages(amazon: Amazon) -> None:
    found = amazon.orders(size=20, lastUpdatedAfter="2026-02-01T00:00:00Z")
    told = amazon.world(
        """select order_id, status, strftime(updated_at, '%Y-%m-%dT%H:%M:%SZ') from '{folder}/amazon_orders.parquet'
        where updated_at <= timestamp '{now}' - interval 2 minute
        qualify row_number() over (partition by order_id order by version desc) = 1"""
    )
    assert len(told) > 40
    assert sorted((one["orderId"], one["fulfillment"]["fulfillmentStatus"], one["lastUpdatedTime"]) for one in found) == sorted(told)  # fmt: skip


def test_amounts_add_up_and_orders_without_payment_have_none(amazon: Amazon) -> None:
    def cents(money: dict[str, str]) -> int:
        assert money["currencyCode"] == "USD"
        return round(float(money["amount"]) * 100)

    for order in amazon.orders(lastUpdatedAfter="2026-02-01T00:00:00Z"):
        if order["fulfillment"]["fulfillmentStatus"] in ("PENDING", "CANCELLED"):
            assert "proceeds" not in order
            assert all("proceeds" not in item and "price" not in item["product"] for item in order["orderItems"])
            continue
        items = [item for item in order["orderItems"] if "proceeds" in item]
        assert cents(order["proceeds"]["grandTotal"]) == sum(cents(item["proceeds"]["proceedsTotal"]) for item in items)
        for item in items:
            assert cents(item["proceeds"]["proceedsTotal"]) == sum(cents(one["subtotal"]) for one in item["proceeds"]["breakdowns"])  # fmt: skip


def test_the_last_two_minutes_are_not_shown(amazon: Amazon) -> None:
    now = amazon.server.now
    late = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = amazon.call("orders/2026-01-01/orders", lastUpdatedAfter="2026-03-01T00:00:00Z", lastUpdatedBefore=late)
    assert answer.status == 400
    both = amazon.call("orders/2026-01-01/orders", lastUpdatedAfter=late, createdAfter=late)
    assert both.status == 400
    other = amazon.call("orders/2026-01-01/orders", lastUpdatedAfter=late, marketplaceIds="A1PA6795UKMFR9")
    assert other.status == 403
    page = amazon.get("orders/2026-01-01/orders", lastUpdatedAfter="2026-03-01T00:00:00Z")
    assert (now.timestamp() - time.mktime(time.strptime(page["lastUpdatedBefore"], "%Y-%m-%dT%H:%M:%SZ")) + time.timezone) >= 110  # fmt: skip


def test_stock_comes_in_pages_with_tokens(amazon: Amazon) -> None:
    asked = {"granularityType": "Marketplace", "granularityId": MARKETPLACE, "marketplaceIds": MARKETPLACE, "details": "true"}  # fmt: skip
    found, token = {}, None
    while True:
        page = amazon.get("fba/inventory/v1/summaries", **asked, **({"nextToken": token} if token else {}))
        found |= {one["sellerSku"]: one["inventoryDetails"]["fulfillableQuantity"] for one in page["payload"]["inventorySummaries"]}  # fmt: skip
        token = page.get("pagination", {}).get("nextToken")
        if not token:
            break
    told = amazon.world(
        """select sku, fulfillable from '{folder}/amazon_inventory.parquet' where updated_at <= timestamp '{now}'
        qualify row_number() over (partition by sku order by version desc) = 1"""
    )
    assert sorted(found.items()) == sorted(told)
    assert len(found) > 50, "one page"
    assert amazon.call("fba/inventory/v1/summaries", **asked, nextToken="x").status == 400


def test_money_comes_by_transaction_and_nothing_over_180_days(amazon: Amazon) -> None:
    page = amazon.get("finances/2024-06-19/transactions", postedAfter="2026-03-01T00:00:00Z")["payload"]
    cents = sum(round(one["totalAmount"]["currencyAmount"] * 100) for one in page["transactions"])
    told = amazon.world(
        """select sum(product_cents + shipping_cents + tax_cents + commission_cents + fulfilment_fee_cents
            + refund_fee_cents), count(distinct transaction_id) from '{folder}/amazon_transaction_lines.parquet'
        where revealed_at <= timestamp '{now}' and posted_at < timestamp '{now}' - interval 2 minute"""
    )
    assert (cents, len(page["transactions"])) == told[0]
    before = amazon.get("finances/2024-06-19/transactions", postedAfter="2025-03-01T00:00:00Z")["payload"]
    assert before["transactions"] == []


def test_reports_are_made_fetched_and_cancelled_if_empty(amazon: Amazon) -> None:
    status, rows = amazon.report(LEDGER, "2026-03-20T00:00:00Z", "2026-04-19T00:00:00Z")
    told = amazon.world(
        """select sum(quantity), count(*) from '{folder}/amazon_ledger.parquet' where revealed_at <= timestamp '{now}'
        and happened_at >= '2026-03-20' and happened_at < '2026-04-19'"""
    )
    assert (status, sum(int(row["Quantity"]) for row in rows), len(rows)) == ("DONE", *told[0])
    assert amazon.report(RETURNS, "2026-02-01T00:00:00Z", "2026-02-20T00:00:00Z") == ("CANCELLED", [])
    assert amazon.report(RETURNS, "2026-02-01T00:00:00Z", "2026-04-20T00:00:00Z") == ("FATAL", [])


def test_a_search_is_throttled_by_its_own_bucket(slow_server: Running) -> None:
    amazon = Amazon(slow_server)
    statuses = [amazon.call("orders/2026-01-01/orders", lastUpdatedAfter="2026-03-01T00:00:00Z") for _ in range(22)]
    assert [one.status for one in statuses].count(200) == 20
    assert statuses[-1].json["errors"][0]["code"] == "QuotaExceeded"
    assert statuses[-1].headers["x-amzn-ratelimit-limit"] == "0.0056"
    assert amazon.call("finances/2024-06-19/transactions", postedAfter="2026-03-01T00:00:00Z").status == 200
