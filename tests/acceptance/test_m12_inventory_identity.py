"""M12: on_hand = available + committed + unavailable on every row; movements roll forward to the unit; audits agree."""

from __future__ import annotations

from collections import defaultdict

import duckdb
import pytest

from tests.acceptance_support.stock import Readings
from tests.conftest import Road, Walk

PARTS = ("available", "committed", "reserved", "damaged", "quality_control", "safety_stock")
DOCUMENTED = {
    *("receipt", "sale", "return", "transfer_in", "transfer_out", "waste", "count", "adjustment"),
    *("commitment", "release", "reservation", "reservation_release"),
}


@pytest.mark.parametrize("mart", ["fct_inventory_levels", "fct_inventory_snapshots"])
def test_states_add_up_or_the_difference_is_named(next_day: Walk, mart: str):
    columns = ", ".join(f"{part}_quantity" for part in PARTS)
    with next_day.marts() as con:
        rows = con.sql(f"select on_hand_quantity, unexplained_quantity, {columns} from {mart}").fetchall()
    assert rows
    for on_hand, unexplained, *parts in rows:
        assert on_hand - sum(part or 0 for part in parts) == unexplained
    # the demo's vendors keep their own identity, so a difference would be ours
    assert not [row for row in rows if row[1]]


def ledger(walk: Walk) -> dict[tuple[str, str], list[tuple[int, int, str]]]:
    """(reading, quantity, type) of every movement that a reading has seen, by variant and location."""
    found = defaultdict(list)
    with walk.marts() as con:
        for variant, location, *movement in con.sql(
            "select variant_key, location_key, seen_in_reading, quantity, movement_type from fct_inventory_movements "
            "where seen_in_reading is not null"
        ).fetchall():
            found[variant, location].append(tuple(movement))
    return found


def test_opening_and_movements_make_the_closing(next_day: Walk):
    movements = ledger(next_day)
    with next_day.marts() as con:
        snapshots = con.sql(
            "select variant_key, location_key, reading_number, on_hand_quantity from fct_inventory_snapshots"
        ).fetchall()
    assert len({reading for _, _, reading, _ in snapshots}) > 1, "one reading alone rolls nothing forward"
    for variant, location, reading, on_hand in snapshots:
        seen = [quantity for number, quantity, _ in movements[variant, location] if number <= reading]
        assert sum(seen) == on_hand, (variant, location, reading)


def test_most_of_a_day_is_documented(next_day: Walk):
    """A ledger whose rest explained everything would roll forward just as well."""
    kinds = defaultdict(int)
    for moved in ledger(next_day).values():
        for reading, quantity, kind in moved:
            if reading > 1:
                kinds[kind] += abs(quantity)
    assert kinds["sale"] > 5
    assert set(kinds) <= DOCUMENTED | {"unexplained"}
    assert sum(kinds[kind] for kind in DOCUMENTED) > 3 * kinds["unexplained"]


def test_on_hand_is_the_truth_where_somebody_counted(road: Road, first: Walk, next_day: Walk):
    truth = road.sandbox.truth / "stock.parquet"
    for walk in (first, next_day):
        with walk.marts() as con:
            compared = con.execute(
                """
                select levels.on_hand_quantity, truth.on_hand, levels.sku, truth.audited_at
                from read_parquet($file) as truth
                inner join fct_inventory_levels as levels
                    on levels.sku = truth.sku
                    and levels.location_key = truth.source_system || ':' || truth.location_id::varchar
                    and levels.updated_at <= truth.audited_at
                where truth.audited_at <= $now
                """,
                {"file": str(truth), "now": walk.now},
            ).fetchall()
        assert len(compared) > 5
        assert [row for row in compared if row[0] != row[1]] == []


def test_the_roll_forward_sees_a_lost_movement(next_day: Walk):
    """A check that could not fail would prove nothing."""
    movements = ledger(next_day)
    with duckdb.connect(str(next_day.folder / "marts.duckdb"), read_only=True) as con:
        level = con.sql(
            "select variant_key, location_key, on_hand_quantity from fct_inventory_levels "
            "where (variant_key, location_key) in (select (variant_key, location_key) from fct_inventory_movements "
            "where movement_type = 'sale' and seen_in_reading is not null) limit 1"
        ).fetchone()
    assert level is not None
    variant, location, on_hand = level
    without = [quantity for _, quantity, kind in movements[variant, location] if kind != "sale"]
    assert sum(without) != on_hand


def test_on_hand_is_the_truth_at_every_audited_moment(stock: Readings) -> None:
    """Ninety days of theft, breakage, miscounts, late bookings: the ledger rolled to each right count, vendor by vendor."""
    compared = stock.rows(
        """select truth.source_system, count(*), count(*) filter (where truth.on_hand is distinct from (
            select sum(quantity) from marts.fct_inventory_movements as moved
            inner join intermediate.int_products__variants as variants using (variant_key)
            where variants.sku = truth.sku and moved.occurred_at <= truth.audited_at
                and moved.location_key = truth.source_system || ':' || truth.location_id))
        from truth.stock as truth where audited_at <= (select as_of from intermediate.int_as_of) group by 1 order by 1"""
    )
    assert [(system, wrong) for system, _, wrong in compared] == [("shopify", 0), ("square", 0)]
    assert all(audits > 300 for _, audits, _ in compared)


def test_stolen_pieces_are_found_as_shrink_to_the_unit(stock: Readings) -> None:
    """Up to each level's last right count: thefts and strays, nothing of what was thrown away or only miscounted."""
    rows = stock.rows(
        """with audited as (
            select source_system, location_id, sku, max(audited_at) as audited_at from truth.stock
            where audited_at <= (select as_of from intermediate.int_as_of) group by all
        )
        select audited.source_system,
            coalesce((select -sum(quantity) from truth.stock_losses as lost where lost.sku = audited.sku
                and lost.source_system = audited.source_system and lost.location_id = audited.location_id
                and scenario in ('theft', 'stray_pieces') and happened_at <= audited_at), 0),
            coalesce((select sum(shrink_quantity) from marts.fct_shrink as shrink where shrink.sku = audited.sku
                and location_key = audited.source_system || ':' || audited.location_id and found_at <= audited_at), 0)
        from audited"""
    )
    assert [row for row in rows if row[1] != row[2]] == []
    for system in ("shopify", "square"):
        assert sum(lost for found, lost, _ in rows if found == system) > 20, system


def test_negative_on_hand_is_kept_and_flagged(stock: Readings) -> None:
    told = "select count(*) from world.shopify_inventory_levels where on_hand < 0 and updated_at <= (select as_of from intermediate.int_as_of)"
    kept = "select count(*) from marts.fct_inventory_snapshots where on_hand_quantity < 0"
    assert stock.rows(told) == stock.rows(kept)
    assert stock.rows(kept)[0][0] > 0
    listed = "select count(*) from intermediate.int_inventory__issues where issue_type = 'negative_on_hand'"
    assert stock.rows(listed) == stock.rows(kept)
    assert stock.rows("select distinct issue_type from intermediate.int_inventory__issues") == [("negative_on_hand",)]
    assert stock.rows(
        "select count(*) from marts.fct_stock_cover where is_on_hand_negative <> (on_hand_quantity < 0)"
    ) == [(0,)]
