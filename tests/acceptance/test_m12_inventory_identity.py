"""M12: on_hand = available + committed + unavailable on every row; movements roll forward to the unit."""

from __future__ import annotations

from collections import defaultdict

import duckdb
import pytest

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
