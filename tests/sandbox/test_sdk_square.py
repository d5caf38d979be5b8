"""Square's own Python client reads the sandbox through its own pagers. It sends version 2026-09-16."""

from __future__ import annotations

import pytest
from square import Square
from square.core.api_error import ApiError

from sandbox.server import Running

BOTH = ["LMILLSTREET01", "LPIERMARKET02"]


@pytest.fixture(scope="module")
def client(server: Running) -> Square:
    return Square(token="sq_sandbox", base_url=f"{server.url}/square")


def test_reads_locations_and_customers(client: Square) -> None:
    assert [one.timezone for one in client.locations.list().locations or []] == [
        "America/Chicago",
        "America/Los_Angeles",
    ]
    everybody = list(client.customers.list(limit=25))
    assert len(everybody) == len({one.id for one in everybody}) > 25
    named = next(one for one in everybody if one.given_name and one.phone_number)
    assert named.id
    assert client.customers.get(customer_id=named.id).customer == named
    window = {"start_at": "2026-03-15T00:00:00Z"}
    query = {"filter": {"updated_at": window}, "sort": {"field": "CREATED_AT", "order": "ASC"}}
    found = client.customers.search(query=query, limit=5)  # type: ignore[arg-type]
    assert len(found.customers or []) == 5
    assert found.cursor


def test_reads_orders_with_their_returns(client: Square) -> None:
    orders, cursor = [], None
    while True:
        page = client.orders.search(
            location_ids=BOTH,
            limit=40,
            return_entries=False,
            query={"sort": {"sort_field": "UPDATED_AT", "sort_order": "ASC"}},
            **({"cursor": cursor} if cursor else {}),
        )
        orders += page.orders or []
        cursor = page.cursor
        if not cursor:
            break
    assert len(orders) == len({one.id for one in orders}) > 80
    assert [one.updated_at for one in orders] == sorted(one.updated_at or "" for one in orders)
    back = next(one for one in orders if one.returns)
    assert back.return_amounts is not None
    assert back.return_amounts.total_money is not None
    assert back.return_amounts.total_money.currency == "USD"
    sold = next(one for one in orders if one.line_items and one.tenders)
    assert sold.id
    assert client.orders.get(order_id=sold.id).order == sold


def test_reads_payments_and_refunds(client: Square) -> None:
    payments = [one for place in BOTH for one in client.payments.list(location_id=place, limit=30)]
    assert len(payments) == len({one.id for one in payments}) > 60
    cards = [one.card_details.card for one in payments if one.card_details and one.card_details.card]
    assert len({one.fingerprint for one in cards}) < len(cards)
    refunds = list(client.refunds.list(limit=2))
    assert len(refunds) > 2
    assert {one.status for one in refunds} <= {"COMPLETED", "PENDING"}


def test_reads_the_catalog_and_the_stock(client: Square) -> None:
    objects = list(client.catalog.list(types="ITEM,ITEM_VARIATION"))
    skus = {
        one.id: one.item_variation_data.sku
        for one in objects
        if one.type == "ITEM_VARIATION" and one.item_variation_data
    }
    searched = client.catalog.search(object_types=["ITEM_VARIATION"], limit=1000)
    assert {one.id for one in searched.objects or []} == set(skus)
    counts = list(client.inventory.batch_get_counts(location_ids=BOTH[:1], states=["IN_STOCK"], limit=150))
    assert {one.catalog_object_id for one in counts} == set(skus)
    since = "2026-03-15T00:00:00Z"
    changes = list(client.inventory.batch_get_changes(location_ids=BOTH[:1], updated_after=since, limit=150))
    happened = [(one.adjustment or one.physical_count).occurred_at for one in changes]  # type: ignore[union-attr]
    assert happened == sorted(happened)
    assert {one.type for one in changes} == {"ADJUSTMENT", "PHYSICAL_COUNT"}


def test_a_refusal_is_the_clients_own_error(client: Square) -> None:
    with pytest.raises(ApiError) as refused:
        client.orders.search(location_ids=["L"] * 11)
    assert refused.value.status_code == 400
    assert refused.value.errors[0].code == "ARRAY_LENGTH_TOO_LONG"
