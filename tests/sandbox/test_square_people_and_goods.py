"""Customers, loyalty accounts, catalogue and stock of the sandbox's Square against the world's own tables."""

from __future__ import annotations

import asyncio
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

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
from tests.sandbox.square_caller import BOTH, Square, code, rows


@pytest.fixture(scope="module")
def square(server: Running) -> Square:
    return Square(server)


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


def test_customers_tell_birthday_and_address_where_they_are_known(square: Square) -> None:
    found = {one["id"]: one for one in square.all("customers")}
    expected = rows(
        square,
        "select customer_id, birthday, address1, zip from square_customers "
        "where not is_deleted and (birthday is not null or zip is not null)",
    )
    assert {row[0] for row in expected} == {key for key, one in found.items() if {"birthday", "address"} & one.keys()}
    for key, birthday, line, postcode in expected:
        address = found[key].get("address", {})
        assert (found[key].get("birthday"), address.get("address_line_1"), address.get("postal_code")) == (
            birthday, line, postcode
        )  # fmt: skip
    assert {row[2] is None for row in expected if row[3]} == {True, False}  # some tell the postcode alone


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
