"""Ways to look at the made world that the tests of this folder share."""

from __future__ import annotations

import duckdb

SEED, PEOPLE, DAYS = 9, 600, 60
OFTEN = {"oversells": 0.4, "order_additions": 0.04, "exchanges": 1.0}
"""What so few people would hardly meet at its usual share."""


def none(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Fail with the first rows if the query returns any."""
    rows = connection.execute(sql).fetchmany(5)
    assert not rows, f"{len(rows)} or more rows of: {sql}\n" + "\n".join(map(str, rows))


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row
