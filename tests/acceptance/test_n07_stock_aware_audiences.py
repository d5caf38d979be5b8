"""N7, first form: who left only what is sold out leaves the cart audience, and comes back once it is really restocked."""

from __future__ import annotations

import itertools
from typing import Any

import duckdb
import pytest

from tests.acceptance.mini import MiniWarehouse
from tests.acceptance_support.stock import Readings

AT = "2026-05-01 10:00:00"
LEFT = {"1": ["RED"], "2": ["RED", "BLUE"], "3": ["BLUE"]}
"""Who left what; of 2's products RED was put in last."""
STOCK = {"RED": 5, "BLUE": 5}
# What follows from stock alone: everything between raw stock and the audience.
STOCK_TO_AUDIENCE = "stg_shopify__inventory_levels+,+aud_cart_abandoners"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> MiniWarehouse:
    mini = MiniWarehouse(tmp_path_factory.mktemp("n07"))
    dated = {"created_at": AT, "updated_at": AT}
    people = [
        {"id": key, "email": f"person{key}@example.com", "email_marketing_state": "SUBSCRIBED"}
        | {"email_marketing_updated_at": AT, **dated}
        for key in LEFT
    ]
    mini.insert("raw_shopify.customers", people)
    mini.insert("raw_shopify.products", [{"id": "9", "title": "Scarf", "status": "ACTIVE", **dated}])
    mini.insert("raw_shopify.locations", [{"id": "7", "name": "Shop", "fulfills_online_orders": True, **dated}])
    for sku, units in STOCK.items():
        mini.insert(
            "raw_shopify.variants",
            [{"id": f"v{sku}", "product_id": "9", "sku": sku, "inventory_item_id": f"i{sku}", **dated}],
        )
        level = {"id": f"l{sku}", "inventory_item_id": f"i{sku}", "location_id": "7", "is_active": True}
        mini.insert("raw_shopify.inventory_levels", [level | {"available": units, "on_hand": units, "updated_at": AT}])
    mini.insert(
        "raw_web_events.events", [_put_in(key, sku, place) for key in LEFT for place, sku in enumerate(LEFT[key])]
    )
    mini.build("+aud_cart_abandoners")
    return mini


def _put_in(person: str, sku: str, place: int) -> dict[str, Any]:
    moment = f"2026-05-01 09:{50 - place}:00"
    event = {"message_id": f"{person}-{sku}", "type": "track", "event": "Product Added", "sku": sku, "cart_id": person}
    times = dict.fromkeys(("timestamp", "received_at", "sent_at", "original_timestamp"), moment)
    return event | {"anonymous_id": f"device-{person}", "user_id": person, "price_amount": 10, **times}


def stock(mini: MiniWarehouse, units: int, day: int) -> dict[str, str]:
    """Set RED's stock as a later reading brings it, build what follows; member -> the product to show."""
    with duckdb.connect(str(mini.file)) as con:
        con.execute(
            "update raw_shopify.inventory_levels set available = ?, on_hand = ?, updated_at = ? where id = 'lRED'",
            [units, units, f"2026-05-0{day} 10:00:00"],
        )
    mini.build(STOCK_TO_AUDIENCE)
    return members(mini)


def members(mini: MiniWarehouse) -> dict[str, str]:
    rows = mini.rows(
        "select record_key, last_product_sku from audiences.aud_cart_abandoners "
        "inner join intermediate.int_identity__record_customers using (customer_id) where record_key like 'shopify:%'"
    )
    return {record.removeprefix("shopify:"): sku for record, sku in rows}


def test_abandoners_of_sold_out_products_leave_and_come_back(warehouse: MiniWarehouse):
    everyone = {"1": "RED", "2": "RED", "3": "BLUE"}
    assert members(warehouse) == everyone
    without = {"2": "BLUE", "3": "BLUE"}
    assert stock(warehouse, 0, day=2) == without
    assert stock(warehouse, 2, day=3) == without, "two returned pieces are no restock"
    assert stock(warehouse, 2, day=3) == without, "building again changes nothing"
    assert stock(warehouse, 9, day=4) == everyone
    assert stock(warehouse, 2, day=5) == everyone, "low is not sold out"
    assert stock(warehouse, -1, day=6) == without
    history = "select count(*) from intermediate.int_inventory__level_history where sku = 'RED'"
    assert warehouse.rows(history) == [(6,)]


Product = tuple[str, str, str | None]
"""SKU, channel, region."""


def replayed(stock: Readings) -> dict[int, dict[Product, tuple[str, int]]]:
    """After each reading the status and the units of every product: sold out at 0, back only from the threshold on."""
    threshold = dict(stock.rows("select channel, back_in_stock_quantity from seeds.advertising_stock_rules"))
    promised = stock.rows(
        """select reading_number, sku, channel, case when channel = 'store' then region_code end, location_key,
            atp_quantity, allocation_percent
        from intermediate.int_inventory__available_to_promise
        left join intermediate.int_locations__locations using (location_key) order by reading_number"""
    )
    sells = {(channel, region) for _, _, channel, region, *_, percent in promised if percent > 0}
    lies: dict[Product, dict[str, int]] = {}
    now: dict[Product, tuple[str, int]] = {}
    after: dict[int, dict[Product, tuple[str, int]]] = {}
    for reading, changes in itertools.groupby(promised, key=lambda row: row[0]):
        touched = set()
        for _, sku, channel, region, place, units, _ in changes:
            if channel in threshold and (channel, region) in sells:
                touched.add((sku, channel, region))
                lies.setdefault((sku, channel, region), {})[place] = units
        for one in touched:
            status, units = now.get(one, ("in_stock", 0))[0], sum(lies[one].values())
            if units <= 0:
                status = "sold_out"
            elif units >= threshold[one[1]]:
                status = "in_stock"
            elif status != "in_stock":
                status = "coming_back"
            now[one] = status, units
        after[reading] = dict(now)
    return after


def test_every_product_follows_its_readings(stock: Readings) -> None:
    """Ninety days of selling out and coming back, in Python beside the mart: at the end, and when most were coming back."""
    after = replayed(stock)
    coming_back = {
        reading: [status for status, _ in all_.values()].count("coming_back") for reading, all_ in after.items()
    }
    most = max(coming_back, key=lambda reading: coming_back[reading])
    assert coming_back[most] > 0
    for reading in (most, max(after)):
        with stock.until(
            reading, "int_inventory__available_to_promise", "int_inventory__eligible_products", "fct_eligible_products"
        ):
            found = {
                (sku, channel, region): (status, units)
                for sku, channel, region, status, units in stock.rows(
                    "select sku, channel, region_code, stock_status, atp_quantity from marts.fct_eligible_products"
                )
            }
        assert {key: found.get(key) for key in after[reading]} == after[reading]
        # what nobody told of at a place is sold out there
        assert {found[key] for key in found.keys() - after[reading].keys()} <= {("sold_out", 0)}


def test_only_what_is_listed_in_stock_and_no_gift_card_is_advertised(stock: Readings) -> None:
    assert stock.rows(
        "select count(*) from marts.fct_eligible_products where is_eligible <> (is_listed and is_in_stock and not is_gift_card) "
        "or is_in_stock <> (stock_status = 'in_stock') or is_sellable <> (is_listed and (is_in_stock or is_gift_card))"
    ) == [(0,)]
    assert stock.rows("select count(*) from marts.fct_eligible_products where is_gift_card and is_sellable")[0][0] > 0
