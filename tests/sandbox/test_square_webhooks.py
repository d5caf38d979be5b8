"""What the sandbox's Square tells by webhooks: what has changed, in Square's signature, as often as asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from square import Square as Sdk
from square.utils.webhooks_helper import verify_signature

from sandbox.server import Running
from tests.sandbox.conftest import Told, request, shown
from tests.sandbox.square_caller import Square, code, rows


@pytest.fixture
def square(server: Running) -> Square:
    return Square(server)


def send(square: Square, **asked: Any) -> Any:
    return request(f"{square.server.url}/square/_sandbox/webhooks", {"Content-Type": "application/json"}, asked)


def test_tells_what_has_changed(square: Square, server: Running, listener: tuple[str, Told]) -> None:
    url, told = listener
    assert send(square, url=url, since="2000-01-01T00:00:00+00:00").json == {"200": len(told)}
    data: dict[str, list[Any]] = {}
    for headers, body in told:
        given = {"signature_header": headers["x-square-hmacsha256-signature"], "notification_url": url}
        assert verify_signature(request_body=body.decode(), signature_key="sq_webhook_sandbox", **given)
        said = json.loads(body)
        data.setdefault(said["type"], []).append(said["data"])
    payments = {one["id"]: one["object"]["payment"] for one in data["payment.created"]}
    assert set(payments) == {key for (key,) in rows(square, "select payment_id from square_payments")}
    assert set(payments) >= {one["id"] for one in square.all("payments")}
    through_api = "select order_id from square_orders where has_version"
    assert {one["id"] for one in data["order.created"]} == {key for (key,) in rows(square, through_api)}
    now = server.now.replace(tzinfo=None)
    merged = f"select distinct customer_id from square_customers where is_deleted and updated_at <= '{now}'"
    assert {one["id"] for one in data["customer.deleted"]} == set(shown(server, merged))
    counts = data["inventory.count.updated"][0]["object"]["inventory_counts"]
    assert counts[0] in square.all("inventory/counts/batch-retrieve", {"limit": 1000})
    assert len(data["catalog.version.updated"]) == 1


def test_plays_a_network(square: Square, listener: tuple[str, Told]) -> None:
    url, told = listener
    assert send(square, url=url, type="customer.deleted", data={"id": "C1"}, copies=2).json == {"200": 2}
    assert told[0][1] == told[1][1]
    for asked in ({}, {"url": url}, {"url": url, "since": "yesterday"}, {"url": "http://127.0.0.1:1/", "type": "a"}):
        assert send(square, **asked).status == 400


def test_what_was_told_can_be_asked_for(square: Square, server: Running) -> None:
    """By Square's own client: many customers at once, each with an answer of its own; one account of points."""
    client = Sdk(token="sq_sandbox", base_url=f"{server.url}/square")
    old, new = rows(square, "select customer_id, merged_into from square_customers where is_deleted")[0]
    answers = client.customers.bulk_retrieve_customers(customer_ids=[old, new, "none"]).responses or {}
    assert [one.customer and one.customer.id for one in answers.values()] == [new, new, None]
    assert [error.code for error in answers["none"].errors or []] == ["NOT_FOUND"]
    assert code(square.post("customers/bulk-retrieve", {"customer_ids": ["one"] * 101})) == "400 BAD_REQUEST"
    account = square.all("loyalty/accounts/search", {"limit": 10})[0]
    found = client.loyalty.accounts.get(account_id=account["id"]).loyalty_account
    assert found is not None
    assert (found.id, found.customer_id) == (account["id"], account["customer_id"])
    assert code(square.get("loyalty/accounts/none")) == "404 NOT_FOUND"
