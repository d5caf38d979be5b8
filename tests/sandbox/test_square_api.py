"""The sandbox's Square against the world's own tables, and against what Square's documentation says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import duckdb
import httpx
import pytest

from sandbox.clock import Clock
from sandbox.context import Context
from sandbox.faults import Faults
from sandbox.server import Running
from sandbox.state import State
from sandbox.tables import Tables
from sandbox.vendors.square import build
from tests.sandbox.conftest import Answer, request

BOTH = ["LMILLSTREET01", "LPIERMARKET02"]
LISTS = ("customers", "orders", "payments", "refunds", "objects", "counts", "changes", "loyalty_accounts")


class Square:
    """A plain caller of the sandbox's Square."""

    def __init__(self, server: Running):
        self.server, self.base = server, f"{server.url}/square/v2"
        self.headers = {"Authorization": "Bearer sq_sandbox", "Square-Version": "2026-09-16"}

    def get(self, path: str, **query: Any) -> Answer:
        return request(f"{self.base}/{path}?{urlencode(query)}", self.headers)

    def post(self, path: str, body: Any) -> Answer:
        return request(f"{self.base}/{path}", {**self.headers, "Content-Type": "application/json"}, body)

    def pages(self, path: str, body: dict[str, Any] | None = None, **query: Any) -> Iterator[dict[str, Any]]:
        cursor: dict[str, Any] = {}
        while True:
            answer = self.get(path, **query, **cursor) if body is None else self.post(path, {**body, **cursor})
            assert answer.status == 200, answer.body
            yield answer.json
            if "cursor" not in answer.json:
                return
            cursor = {"cursor": answer.json["cursor"]}

    def all(self, path: str, body: dict[str, Any] | None = None, **query: Any) -> list[dict[str, Any]]:
        return [one for page in self.pages(path, body, **query) for name in LISTS for one in page.get(name, [])]

    def orders(self, **more: Any) -> list[dict[str, Any]]:
        return self.all("orders/search", {"location_ids": BOTH, "limit": 50, **more})


@pytest.fixture(scope="module")
def square(server: Running) -> Square:
    return Square(server)


def rows(square: Square, query: str) -> list[tuple[Any, ...]]:
    now = square.server.now.replace(tzinfo=None)
    with duckdb.connect() as connection:
        for path in square.server.world.glob("square_*.parquet"):
            file = str(path).replace("'", "''")
            columns = {row[0] for row in connection.execute(f"describe from read_parquet('{file}')").fetchall()}
            key = connection.execute(f"describe from read_parquet('{file}')").fetchall()[0][0]
            newest = f"and updated_at <= timestamp '{now}' qualify row_number() over (partition by {key} order by version desc) = 1"
            connection.execute(
                f"create view {path.stem} as select * from read_parquet('{file}') "
                f"where revealed_at <= timestamp '{now}' {newest if 'version' in columns else ''}"
            )
        return connection.execute(query).fetchall()


def code(answer: Answer) -> str:
    error = answer.json["errors"][0]
    assert {"category", "code", "detail"} <= set(error)
    return f"{answer.status} {error['code']}"


def test_token_and_version(square: Square) -> None:
    assert code(request(f"{square.base}/locations", {})) == "401 UNAUTHORIZED"
    assert code(request(f"{square.base}/locations", {"Authorization": "Bearer wrong"})) == "401 UNAUTHORIZED"
    wrong = request(f"{square.base}/locations", {**square.headers, "Square-Version": "new"})
    assert code(wrong) == "400 INVALID_SQUARE_VERSION_FORMAT"
    told = request(f"{square.base}/locations", {"Authorization": "Bearer sq_sandbox"})
    assert told.headers["square-version"] == "2026-09-16"
    assert code(square.get("nothing")) == "404 NOT_FOUND"


def test_locations(square: Square) -> None:
    found = square.get("locations").json["locations"]
    assert {one["id"]: one["timezone"] for one in found} == {
        "LMILLSTREET01": "America/Chicago",
        "LPIERMARKET02": "America/Los_Angeles",
    }
    assert square.get("locations/main").json["location"]["id"] == "LMILLSTREET01"
    assert code(square.get("locations/L404")) == "404 NOT_FOUND"


def test_all_orders_with_their_parts(square: Square) -> None:
    found = {one["id"]: one for one in square.orders()}
    expected = rows(square, "select order_id, state, customer_id, total_cents, return_total_cents from square_orders")
    assert {
        (
            key,
            one["state"],
            one.get("customer_id"),
            one["total_money"]["amount"],
            one.get("return_amounts", {}).get("total_money", {}).get("amount", 0),
        )
        for key, one in found.items()
    } == set(expected)
    for one in found.values():
        lines = one.get("line_items", [])
        tip = one["total_tip_money"]["amount"]
        assert sum(line["total_money"]["amount"] for line in lines) + tip == one["total_money"]["amount"]
        for line in lines:
            assert isinstance(line["quantity"], str)
            gross = int(line["quantity"]) * line["base_price_money"]["amount"]
            assert line["gross_sales_money"] == {"amount": gross, "currency": "USD"}
        if one["state"] == "COMPLETED":
            paid = sum(tender["amount_money"]["amount"] for tender in one.get("tenders", []))
            given = sum(refund["amount_money"]["amount"] for refund in one.get("refunds", []))
            assert one["net_amounts"]["total_money"]["amount"] == paid - given
        else:
            assert "tenders" not in one
        assert ("version" in one) == (one["source"]["name"] != "Square Point of Sale")


def test_returns_are_orders_of_their_own(square: Square) -> None:
    orders = {one["id"]: one for one in square.orders()}
    back = [one for one in orders.values() if "returns" in one]
    linked = [part for one in back for part in one["returns"] if "source_order_id" in part]
    assert linked
    for one in linked:
        sold = {line["uid"]: line for line in orders[one["source_order_id"]]["line_items"]}
        for line in one["return_line_items"]:
            assert int(line["quantity"]) <= int(sold[line["source_line_item_uid"]]["quantity"])
    assert any("line_items" not in one and one["net_amounts"]["total_money"]["amount"] < 0 for one in back)


def test_orders_need_locations_and_one_sort(square: Square) -> None:
    assert code(square.post("orders/search", {})) == "400 MISSING_REQUIRED_PARAMETER"
    assert code(square.post("orders/search", {"location_ids": ["L"] * 11})) == "400 ARRAY_LENGTH_TOO_LONG"
    window = {"start_at": "2026-04-01T00:00:00Z", "end_at": "2026-04-08T00:00:00Z"}
    query: dict[str, Any] = {"filter": {"date_time_filter": {"updated_at": window}}}
    body = {"location_ids": BOTH, "query": query}
    assert code(square.post("orders/search", body)) == "400 BAD_REQUEST"
    query["sort"] = {"sort_field": "UPDATED_AT", "sort_order": "ASC"}
    found = square.orders(query=query)
    expected = rows(
        square,
        "select order_id from square_orders where updated_at between timestamp '2026-04-01' and timestamp '2026-04-08' "
        "order by updated_at, order_id",
    )
    assert [one["id"] for one in found] == [row[0] for row in expected]
    query["sort"]["sort_order"] = "DESC"
    assert [one["id"] for one in square.orders(query=query)] == [row[0] for row in reversed(expected)]
    query["filter"] = {"state_filter": {"states": ["OPEN", "CANCELED"]}}
    assert {one["state"] for one in square.orders(query=query)} == {"OPEN", "CANCELED"}


def test_orders_by_id(square: Square) -> None:
    one, other = square.orders()[:2]
    assert square.get(f"orders/{one['id']}").json["order"] == one
    assert code(square.get("orders/none")) == "404 NOT_FOUND"
    several = square.post("orders/batch-retrieve", {"order_ids": [other["id"], "none", one["id"]]})
    assert several.json["orders"] == [other, one]
    assert square.post("orders/batch-retrieve", {"order_ids": ["none"]}).json == {}


def test_payments_are_of_the_main_location_by_default(square: Square) -> None:
    main = square.all("payments")
    assert {one["location_id"] for one in main} == {"LMILLSTREET01"}
    both = main + square.all("payments", location_id="LPIERMARKET02")
    expected = rows(
        square, "select payment_id, status, total_cents, refunded_cents, card_fingerprint from square_payments"
    )
    assert {
        (
            one["id"],
            one["status"],
            one["total_money"]["amount"],
            one.get("refunded_money", {}).get("amount", 0),
            one.get("card_details", {}).get("card", {}).get("fingerprint"),
        )
        for one in both
    } == set(expected)
    offline = [one for one in both if one.get("is_offline_payment")]
    assert all(one["offline_payment_details"]["client_created_at"] < one["created_at"] for one in offline)
    assert len(square.get("payments", limit=1000).json["payments"]) == min(100, len(main))


def test_payments_by_time_of_change(square: Square) -> None:
    """A fee that was posted a day later brings the payment back."""
    late = "updated_at > created_at + interval 1 hour and location_id = 'LPIERMARKET02'"
    since = rows(
        square, f"select updated_at from square_payments where {late} order by updated_at desc limit 1 offset 9"
    )
    begin = f"{since[0][0].isoformat()}.000Z"
    asked = {"updated_at_begin_time": begin, "sort_field": "UPDATED_AT", "sort_order": "ASC", "limit": 7}
    found = square.all("payments", location_id="LPIERMARKET02", **asked)
    expected = rows(
        square,
        f"select payment_id from square_payments where updated_at >= timestamp '{since[0][0]}' "
        "and location_id = 'LPIERMARKET02' order by updated_at, payment_id",
    )
    assert [one["id"] for one in found] == [row[0] for row in expected]
    assert found[0]["created_at"] < begin <= found[0]["updated_at"]


def test_refunds_are_of_all_locations(square: Square) -> None:
    found = square.all("refunds", limit=5)
    expected = rows(square, "select refund_id, payment_id, order_id, amount_cents, status from square_refunds")
    assert {
        (one["id"], one.get("payment_id"), one["order_id"], one["amount_money"]["amount"], one["status"])
        for one in found
    } == set(expected)
    assert [one["created_at"] for one in found] == sorted((one["created_at"] for one in found), reverse=True)
    orders = {one["id"]: one for one in square.orders()}
    goodwill = [one for one in found if "returns" not in orders[one["order_id"]]]
    assert goodwill
    assert all("refunds" not in orders[one["order_id"]] for one in goodwill)


def test_customers_by_time_of_change_and_by_name(square: Square) -> None:
    window = {"start_at": "2026-04-01T00:00:00Z"}
    query = {"filter": {"updated_at": window}, "sort": {"field": "CREATED_AT", "order": "ASC"}}
    found = square.all("customers/search", {"query": query, "limit": 9})
    expected = rows(
        square,
        "select customer_id from square_customers where updated_at >= timestamp '2026-04-01' and not is_deleted "
        "order by created_at, customer_id",
    )
    assert [one["id"] for one in found] == [row[0] for row in expected]
    everybody = square.all("customers", limit=20)
    names = [f"{one.get('given_name', '')} {one.get('family_name', '')}".lower() for one in everybody]
    assert names == sorted(names)
    assert any(one["creation_source"] == "INSTANT_PROFILE" and "given_name" not in one for one in everybody)
    counted = square.get("customers", count="true").json["count"]
    assert 0 < counted < len(everybody)
    assert code(square.get("customers", limit=0)) == "400 VALUE_TOO_LOW"
    assert code(square.post("customers/search", {"limit": 101})) == "400 VALUE_TOO_HIGH"


def test_customers_by_kind_and_contact(square: Square) -> None:
    sources = {"creation_source": {"values": ["INSTANT_PROFILE"], "rule": "EXCLUDE"}}
    named = square.all("customers/search", {"query": {"filter": sources}})
    assert "INSTANT_PROFILE" not in {one["creation_source"] for one in named}
    known = next(one for one in named if "email_address" in one)
    exact = {"email_address": {"exact": known["email_address"].upper()}}
    assert known in square.all("customers/search", {"query": {"filter": exact}})
    assert square.post("customers/search", {"query": {"filter": {"email_address": {"exact": "no@no.no"}}}}).json == {}


def test_search_shows_customers_half_a_minute_late(server: Running, tmp_path: Path) -> None:
    """Ten seconds after it was made a profile can be retrieved, but search has not found it yet."""
    newest = """select customer_id, created_at from '{}/square_customers.parquet' where version = 1
        and created_at > timestamp '2026-03-10' order by created_at, customer_id limit 1"""
    with duckdb.connect() as connection:
        key, created = connection.execute(newest.format(server.world)).fetchall()[0]
    made = created.replace(tzinfo=UTC)
    state = State(tmp_path / "state.sqlite", server.world.name)
    clock = Clock(state, made - timedelta(days=9), made + timedelta(seconds=10), made + timedelta(days=1))
    app = build(Context(tmp_path, Tables(server.world), clock, state, Faults()))
    window = {"start_at": f"{created.isoformat()}Z"}

    async def seen() -> tuple[bool, bool]:
        """Whether retrieve and search know the profile."""
        headers = {"Authorization": "Bearer sq_sandbox"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://square/v2") as client:
            one = await client.get(f"/customers/{key}", headers=headers)
            body = {"query": {"filter": {"updated_at": window}}}
            found = (await client.post("/customers/search", json=body, headers=headers)).json()
        return one.status_code == 200, key in {customer["id"] for customer in found.get("customers", [])}

    assert asyncio.run(seen()) == (True, False)
    clock.advance(20 / 86_400)
    assert asyncio.run(seen()) == (True, True)
    state.close()


def test_a_merged_profile_is_answered_by_the_one_that_took_its_place(square: Square) -> None:
    gone = rows(square, "select customer_id, merged_into from square_customers where is_deleted")
    assert gone
    listed = {one["id"] for one in square.all("customers")}
    for old, new in gone:
        assert old not in listed
        found = square.get(f"customers/{old}").json["customer"]
        assert (found["id"], found["creation_source"]) == (new, "MERGE")
    assert code(square.get("customers/none")) == "404 NOT_FOUND"


def test_loyalty_accounts_know_a_phone(square: Square) -> None:
    found = square.all("loyalty/accounts/search", {"limit": 10})
    assert len(found) == rows(square, "select count(*) from square_loyalty_accounts")[0][0]
    one = found[0]
    wanted = {"query": {"mappings": [{"phone_number": one["mapping"]["phone_number"]}]}}
    assert one in square.all("loyalty/accounts/search", wanted)


def test_catalog_search_and_list(square: Square) -> None:
    variations = square.all("catalog/search", {"object_types": ["ITEM_VARIATION"], "limit": 60})
    expected = rows(square, "select sku from square_catalog where kind = 'ITEM_VARIATION' and not is_deleted")
    assert sorted(one["item_variation_data"]["sku"] for one in variations) == sorted(row[0] for row in expected)
    deleted = {"object_types": ["ITEM_VARIATION"], "limit": 1000, "include_deleted_objects": True}
    assert {
        one["item_variation_data"]["sku"] for one in square.all("catalog/search", deleted) if one["is_deleted"]
    } == {"SAMPLE-CARD"}
    items = square.all("catalog/list", types="item")
    inside = [one["id"] for item in items for one in item["item_data"]["variations"]]
    assert sorted(inside) == sorted(one["id"] for one in variations)
    assert {one["type"] for one in square.all("catalog/search", {})} == {"ITEM", "TAX", "DISCOUNT"}
    assert code(square.post("catalog/search", {"object_types": ["SHOE"]})) == "400 INVALID_ENUM_VALUE"


def test_begin_time_of_the_catalog_is_exclusive(square: Square) -> None:
    body: dict[str, Any] = {"object_types": ["ITEM_VARIATION"], "limit": 1000, "begin_time": "2026-03-01T00:00:00Z"}
    changed = sorted(square.all("catalog/search", body), key=lambda one: one["updated_at"])
    assert len(changed) > 1
    body["begin_time"] = changed[0]["updated_at"]
    later = {one["id"] for one in square.all("catalog/search", body)}
    assert later == {one["id"] for one in changed} - {changed[0]["id"]}


@pytest.mark.parametrize("path", ["inventory/counts/batch-retrieve", "inventory/batch-retrieve-counts"])
def test_counts_newest_first(square: Square, path: str) -> None:
    found = square.all(path, {"states": ["IN_STOCK", "SOLD"], "location_ids": BOTH[:1], "limit": 70})
    expected = rows(
        square,
        "select variation_id, quantity::text from square_inventory_counts "
        "where state = 'IN_STOCK' and location_id = 'LMILLSTREET01' order by calculated_at desc, count_id desc",
    )
    assert [(one["catalog_object_id"], one["quantity"]) for one in found] == expected
    after = square.all(
        path, {"states": ["IN_STOCK"], "location_ids": BOTH[:1], "updated_after": found[5]["calculated_at"]}
    )
    assert 0 < len(after) <= 5


@pytest.mark.parametrize("path", ["inventory/changes/batch-retrieve", "inventory/batch-retrieve-changes"])
def test_changes_oldest_first(square: Square, path: str) -> None:
    found = square.all(path, {"types": ["ADJUSTMENT"], "limit": 100})
    expected = rows(
        square,
        "select change_id, from_state, to_state, quantity::text from square_inventory_changes "
        "where kind = 'ADJUSTMENT' order by occurred_at, change_id",
    )
    assert [
        (
            one["adjustment"]["id"],
            one["adjustment"]["from_state"],
            one["adjustment"]["to_state"],
            one["adjustment"]["quantity"],
        )
        for one in found
    ] == expected
    counts = square.all(path, {"types": ["PHYSICAL_COUNT"], "limit": 1000})
    assert {one["physical_count"]["state"] for one in counts} == {"IN_STOCK"}
    waste = square.all(path, {"types": ["ADJUSTMENT"], "states": ["WASTE"]})
    assert {one["adjustment"]["to_state"] for one in waste} == {"WASTE"}
    assert waste == square.all(path, {"types": ["ADJUSTMENT"], "reason_ids": [{"type": "DAMAGED"}]})
    both = {"states": ["WASTE"], "reason_ids": [{"type": "DAMAGED"}]}
    assert code(square.post(path, both)) == "400 BAD_REQUEST"


def test_an_empty_answer_leaves_its_list_out(square: Square) -> None:
    nothing = {"filter": {"updated_at": {"start_at": "2036-01-01T00:00:00Z"}}}
    assert square.post("customers/search", {"query": nothing}).json == {}
    assert square.get("refunds", status="REJECTED").json == {}
    assert square.post("inventory/counts/batch-retrieve", {"location_ids": ["L404"]}).json == {}
    assert square.post("orders/search", {"location_ids": ["L404"]}).json == {}


def test_a_cursor_belongs_to_its_query(square: Square) -> None:
    cursor = square.post("orders/search", {"location_ids": BOTH, "limit": 3}).json["cursor"]
    assert square.post("orders/search", {"location_ids": BOTH, "limit": 4, "cursor": cursor}).status == 200
    assert code(square.post("orders/search", {"location_ids": BOTH[:1], "cursor": cursor})) == "400 INVALID_CURSOR"
    assert code(square.post("orders/search", {"location_ids": BOTH, "cursor": "x"})) == "400 INVALID_CURSOR"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("orders/search", b"{"),
        ("orders/search", {"location_ids": "LMILLSTREET01"}),
        ("orders/search", {"location_ids": BOTH, "limit": "many"}),
        ("orders/search", {"location_ids": BOTH, "query": {"sort": {"sort_field": "TOTAL"}}}),
        ("customers/search", {"query": {"filter": {"updated_at": {"start_at": "yesterday"}}}}),
        ("inventory/changes/batch-retrieve", {"types": ["MIRACLE"]}),
    ],
)
def test_what_makes_no_sense_is_refused(square: Square, path: str, body: Any) -> None:
    assert code(square.post(path, body)).startswith("400 ")


def test_faults_look_like_squares_own(square: Square) -> None:
    square.server.faults("square", "throttle")
    refused = square.get("locations")
    assert code(refused) == "429 RATE_LIMITED"
    assert refused.json["errors"][0]["category"] == "RATE_LIMIT_ERROR"
    assert not [name for name in refused.headers if "rate" in name or "retry" in name]
    assert square.get("locations").status == 200
    square.server.faults("square", "error_500")
    assert [square.get("locations").status for _ in range(2)] == [500, 200]
    square.server.faults("square", "expired_cursor")
    body = {"location_ids": BOTH, "limit": 5}
    cursor = square.post("orders/search", body).json["cursor"]
    assert code(square.post("orders/search", {**body, "cursor": cursor})) == "400 INVALID_CURSOR"
    assert square.post("orders/search", {**body, "cursor": cursor}).status == 200
    plain = [one["id"] for one in square.orders()]
    square.server.faults("square", "duplicate_page")
    doubled = [one["id"] for one in square.orders()]
    assert len(doubled) > len(plain) == len(set(plain))
    assert set(doubled) == set(plain)


def test_the_limit_refuses_a_burst_and_forgives(slow_server: Running) -> None:
    impatient, refused = Square(slow_server), None
    for _ in range(400):
        refused = impatient.get("locations")
        if refused.status == 429:
            break
    assert refused is not None
    assert code(refused) == "429 RATE_LIMITED"
    time.sleep(0.5)
    assert impatient.get("locations").status == 200
