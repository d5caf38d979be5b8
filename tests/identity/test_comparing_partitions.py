"""Split, merged and unchanged: any two states of who is who, against the definition in plain sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity import rules
from identity.graph import rows

STATES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=24)


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    """The trial's tables, empty."""
    with duckdb.connect() as connection:
        for schema in ("before", "intermediate"):
            connection.execute(f"create schema {schema}")
            connection.execute(
                f"create table {schema}.int_identity__record_customers (record_key varchar, customer_id varchar)"
            )
            connection.execute(
                f"create table {schema}.int_identity__edges (record_key_from varchar, record_key_to varchar, match_rule varchar)"
            )
        connection.execute(
            "create table before.int_orders__orders (record_key varchar, net_sales_amount decimal(18, 4), "
            "is_test boolean, is_cancelled boolean, is_return boolean)"
        )
        yield connection


def fill(connection: duckdb.DuckDBPyConnection, states: list[tuple[int, int]]) -> None:
    for side, schema in enumerate(("before", "intermediate")):
        values = ", ".join(f"('r{number}', 'c{state[side]}')" for number, state in enumerate(states))
        connection.execute(f"delete from {schema}.int_identity__record_customers")
        connection.execute(f"insert into {schema}.int_identity__record_customers values {values}")
    connection.execute(rules.MOVES)
    connection.execute(rules.FATES)


@settings(max_examples=40, deadline=None)
@given(STATES)
def test_counts_are_those_of_the_sets(empty: duckdb.DuckDBPyConnection, states: list[tuple[int, int]]) -> None:
    fill(empty, states)
    former, later = defaultdict(set), defaultdict(set)
    for record, (before, after) in enumerate(states):
        former[before].add(record)
        later[after].add(record)
    fates = []
    for records in former.values():
        homes = {states[record][1] for record in records}
        if len(homes) > 1:
            fates.append("split")
        else:
            fates.append("unchanged" if later[homes.pop()] == records else "merged")
    found = rows(empty, rules.COUNTS, {})[0]
    counted = {fate: found[f"{fate}_ids"] for fate in ("split", "merged", "unchanged")}
    assert counted == {fate: fates.count(fate) for fate in counted}
    assert sum(counted.values()) == found["ids"] == len(former)
    assert found["ids_after"] == len(later)
    assert found["moved_records"] == sum(before != after for before, after in states)


def test_orders_move_with_their_records_and_what_is_no_sale_does_not(empty: duckdb.DuckDBPyConnection) -> None:
    fill(empty, [(1, 1), (1, 2), (3, 3)])
    sale, test, cancelled, returned = (False,) * 3, (True, False, False), (False, True, False), (False, False, True)
    empty.execute("delete from before.int_orders__orders")
    empty.executemany(
        "insert into before.int_orders__orders values (?, ?, ?, ?, ?)",
        [
            ("r0", Decimal(10), *sale),
            ("r1", Decimal(20), *sale),
            ("r1", Decimal(400), *test),
            ("r1", Decimal(800), *cancelled),
            ("r1", Decimal(-5), *returned),
            ("r2", Decimal(40), *sale),
        ],
    )
    assert rows(empty, rules.ORDERS, {})[0] == {
        "orders": 3,
        "net_sales_amount": Decimal(65),
        "moved_orders": 1,
        "moved_net_sales_amount": Decimal(15),
    }


def test_examples_name_the_rules_that_hold_or_held(empty: duckdb.DuckDBPyConnection) -> None:
    fill(empty, [(1, 1), (1, 1), (2, 1), (4, 4), (4, 5)])
    for schema in ("before", "intermediate"):
        empty.execute(f"delete from {schema}.int_identity__edges")
    empty.execute(
        "insert into intermediate.int_identity__edges values ('r0', 'r1', 'same_email'), ('r1', 'r2', 'same_phone')"
    )
    empty.execute(
        "insert into before.int_identity__edges values ('r0', 'r1', 'same_email'), ('r3', 'r4', 'same_order_id')"
    )
    empty.execute("delete from before.int_orders__orders")
    merged = rules.EXAMPLES.format(one="later_id", many="former_id", edges="intermediate.int_identity__edges")
    split = rules.EXAMPLES.format(one="former_id", many="later_id", edges="before.int_identity__edges")
    found = [[rules.Example(**row) for row in rows(empty, sql, {"examples": 5})] for sql in (merged, split)]
    assert found == [
        [rules.Example("c1", ["c1", "c2"], 3, ["same_phone"], 0, Decimal(0))],
        [rules.Example("c4", ["c4", "c5"], 2, ["same_order_id"], 0, Decimal(0))],
    ]
