"""Orders, payments and refunds of the sandbox's Square against the world's own tables."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.server import Running
from tests.sandbox.square_caller import BOTH, Square, code, rows


@pytest.fixture(scope="module")
def square(server: Running) -> Square:
    return Square(server)


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
