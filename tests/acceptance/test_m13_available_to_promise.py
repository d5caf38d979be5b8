"""M13: units to promise equal the formula, recomputed here row by row from stock and the rules as they are written."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from tests.conftest import ROOT, Walk

SEEDS = ROOT / "dbt_project" / "seeds" / "inventory"
CELLS = ("sku", "location_key", "product_type", "location_type")  # the narrowest first
Row = dict[str, Any]


def rules(name: str) -> list[Row]:
    with (SEEDS / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def narrowest(known: Iterable[Row], place: Row) -> Row | None:
    fitting = [one for one in known if all(one[cell] in ("", place[cell]) for cell in CELLS)]
    return max(fitting, key=lambda one: [bool(one[cell]) for cell in CELLS], default=None)


def promised(available: int, kept_by_vendor: int, place: Row, safety: list[Row], channels: list[Row]) -> dict[str, int]:
    """Channel -> units, by the words of the column's description."""
    rule = narrowest(safety, place)
    wanted = int(rule["safety_stock_quantity"]) if rule else 0
    pool = available - max(wanted - kept_by_vendor, 0)
    chosen = [
        (name, narrowest((one for one in channels if one["channel"] == name), place))
        for name in sorted({one["channel"] for one in channels})
    ]
    left, answer = max(pool, 0), {}
    for name, one in sorted(chosen, key=lambda pair: int(pair[1]["allocation_rank"]) if pair[1] else 10**9):
        share = 0
        if one and pool > max(int(one["floor_quantity"]), 0):
            share = pool * int(one["percent"]) // 100
            share = min(share, int(one["cap_quantity"])) if one["cap_quantity"] else share
        answer[name] = min(share, left)
        left -= answer[name]
    return answer


@pytest.fixture
def published(next_day: Walk) -> tuple[list[Row], list[Row]]:
    """Stock by SKU and location with what rules ask about it, and the mart's rows."""
    with next_day.marts() as con:
        stock = con.sql(
            """
            select coalesce(levels.sku, levels.variant_key) as sku, levels.location_key,
                sum(available_quantity) as available, sum(coalesce(safety_stock_quantity, 0)) as kept_by_vendor,
                min(products.product_type) as product_type, min(location_type) as location_type
            from fct_inventory_levels as levels
            left join dim_locations using (location_key)
            left join (select sku, min(product_type) as product_type from dim_products group by sku) as products
                on products.sku = levels.sku
            group by 1, 2
            """
        ).to_arrow_table()
        mart = con.sql("select * from fct_available_to_promise").to_arrow_table()
    return stock.to_pylist(), mart.to_pylist()


def test_every_row_equals_the_formula(published: tuple[list[Row], list[Row]]):
    stock, mart = published
    safety, channels = rules("safety_stock_rules"), rules("channel_allocation_rules")
    expected = {
        (place["sku"], place["location_key"], channel): units
        for place in stock
        for channel, units in promised(
            int(place["available"]), int(place["kept_by_vendor"]), place, safety, channels
        ).items()
    }
    found = {(row["sku"], row["location_key"], row["channel"]): row["atp_quantity"] for row in mart}
    assert len(found) > 500
    assert found == expected
    assert sum(found.values()) > 0


def test_percent_floor_and_cap_hold_and_nothing_is_promised_twice(published: tuple[list[Row], list[Row]]):
    _, mart = published
    pools: dict[tuple[str, str], int] = defaultdict(int)
    for row in mart:
        pool, units = max(row["pooled_quantity"], 0), row["atp_quantity"]
        pools[row["sku"], row["location_key"]] += units
        assert 0 <= units <= pool * row["allocation_percent"] // 100
        assert units == 0 or pool > row["floor_quantity"]
        assert row["cap_quantity"] is None or units <= row["cap_quantity"]
    for row in mart:
        assert pools[row["sku"], row["location_key"]] <= max(row["pooled_quantity"], 0)


@pytest.mark.parametrize(
    ("available", "kept_by_vendor", "expected"),
    [(21, 1, {"market": 6, "online": 14}), (1, 0, {"market": 0, "online": 0}), (-3, 0, {"market": 0, "online": 0})],
)
def test_the_formula_itself(available: int, kept_by_vendor: int, expected: dict[str, int]):
    """By hand, the same cases as the dbt unit test: so that formula and model do not err together."""
    empty = dict.fromkeys(CELLS, "")
    safety = [empty | {"safety_stock_quantity": "0"}, empty | {"sku": "A", "safety_stock_quantity": "2"}]
    channels = [
        empty
        | {"channel": "market", "allocation_rank": "1", "percent": "50", "floor_quantity": "0", "cap_quantity": "6"},
        empty
        | {"channel": "online", "allocation_rank": "2", "percent": "100", "floor_quantity": "1", "cap_quantity": ""},
    ]
    place = {"sku": "A", "location_key": "l", "product_type": None, "location_type": "unknown"}
    assert promised(available, kept_by_vendor, place, safety, channels) == expected


def test_for_a_later_date_what_is_expected_by_then_is_shared_by_the_same_rules(next_day: Walk):
    """Every row again in Python, from today's pool and the deliveries that are not there yet."""
    with next_day.marts() as con:
        mart = con.sql("select * from fct_atp_by_date").to_arrow_table().to_pylist()
        today = {
            (row["sku"], row["location_key"], row["channel"]): row
            for row in con.sql("select * from fct_available_to_promise").to_arrow_table().to_pylist()
        }
    with next_day.warehouse() as con:
        expected = con.sql(
            "select sku, location_key, sum(quantity) from intermediate.int_inventory__deliveries "
            "where received_at is null group by all"
        ).fetchall()
    most: dict[tuple[str, str], int] = defaultdict(int)
    shared: dict[tuple[str, str, Any], int] = defaultdict(int)
    for row in mart:
        place = row["sku"], row["location_key"]
        known = today[(*place, row["channel"])]
        assert row["pooled_quantity"] == known["pooled_quantity"] + row["incoming_quantity"] + row["released_quantity"]
        wanted = 0
        if row["pooled_quantity"] > max(known["floor_quantity"], 0):
            wanted = row["pooled_quantity"] * known["allocation_percent"] // 100
            wanted = min(wanted, known["cap_quantity"]) if known["cap_quantity"] is not None else wanted
        assert 0 <= row["atp_quantity"] <= wanted
        shared[(*place, row["available_from_date"])] += row["atp_quantity"]
        assert shared[(*place, row["available_from_date"])] <= max(row["pooled_quantity"], 0)
        most[place] = max(most[place], row["incoming_quantity"])
        if row["atp_horizon_days"] == 0 and row["incoming_quantity"] == row["released_quantity"] == 0:
            assert row["atp_quantity"] == known["atp_quantity"]
    assert {(sku, place): units for sku, place, units in expected} == {
        one: units for one, units in most.items() if units
    }
    assert expected, "nothing is on its way"


def test_bands_follow_their_seed(next_day: Walk):
    bands = {row["channel"]: row for row in rules("availability_bands")}
    with next_day.marts() as con:
        rows = con.sql("select channel, atp_quantity, availability_band from fct_available_to_promise").fetchall()
    for channel, units, band in rows:
        edges = int(bands[channel]["medium_from"]), int(bands[channel]["high_from"])
        assert band == ("none" if units <= 0 else ("low", "medium", "high")[(units >= edges[0]) + (units >= edges[1])])
    assert {band for _, _, band in rows} == {"none", "low", "medium", "high"}
