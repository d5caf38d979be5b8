"""Holds, landed over the vendors' APIs and built by a whole run: they are the world's too."""

from __future__ import annotations

import duckdb

from tests.acceptance.test_reservations import FOUND, TRUE
from tests.conftest import Road, Walk


def test_a_landed_shop_tells_the_same(road: Road, next_day: Walk) -> None:
    with next_day.warehouse() as con:
        (as_of,) = con.sql("select as_of from intermediate.int_as_of").fetchone()
    with next_day.marts() as con:
        found = set(con.sql(FOUND.format(marts="")).fetchall())
    with duckdb.connect() as con:
        truth = f"read_parquet('{road.sandbox.truth}/reservations.parquet')"
        moments = {"as_of": f"timestamp '{as_of}'", "now": f"timestamp '{next_day.now:%Y-%m-%d %H:%M:%S}'"}
        true = set(con.sql(TRUE.format(truth=truth, **moments)).fetchall())
    assert found == true
    assert len(true) > 5
