"""Shopify's sales report, rebuilt from its documents, and the marts: every line of every day, to the cent.

With returns on the day of the refund all lines agree. With returns on the order's day each difference has its name, and
over all days the two conventions give the same total.
"""

from datetime import timedelta

from benchmarks.sales_report import LINES, report
from tests.conftest import Road, Walk

ZONE = "America/New_York"


def test_every_line_of_every_day_ties(road: Road, first: Walk):
    with first.marts() as con:
        start, end = con.sql("select min(order_date), max(order_date) from fct_orders").fetchone()
    days = [start + timedelta(days=number) for number in range((end - start).days + 1)]
    assert len(days) > 60
    moved = 0
    for day in days[::3]:
        by_refund, by_order = report(road.sandbox.world, first.now, first.folder / "marts.duckdb", day, ZONE)
        assert [line.name for line in by_refund] == list(LINES)
        assert {line.name: line.difference for line in by_refund if line.difference} == {}, day
        assert all(line.why for line in by_order if line.difference), day
        moved += any(line.difference for line in by_order)
    assert moved, "no return lay on another day than its order: nothing was told apart"
