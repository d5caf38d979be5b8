"""The content hash sees every difference that counts, and none that does not."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.content_hash import TableContent, content_of, hashes


def of(select: str) -> TableContent:
    with duckdb.connect() as connection:
        connection.execute(f"create table t as {select}")
        return content_of(connection, "t")


def test_order_of_rows_and_columns_does_not_count() -> None:
    straight = of("select range as a, range * 2 as b from range(1000) order by a asc nulls last")
    turned = of("select range * 2 as b, range as a from range(1000) order by a desc nulls last")
    assert straight == turned
    assert straight.rows == 1000


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("select 1 as a", "select 2 as a"),
        ("select null::varchar as a", "select '' as a"),
        ("select 'a' as a, 'b' as b", "select 'ab' as a, '' as b"),
        ("select 1 as a", "select 1 as b"),
        ("select 1 as a", "select 1::bigint as a"),
        ("select 1 as a", "select unnest([1, 1]) as a"),
        ("select 1.10::decimal(18,2) as a", "select 1.11::decimal(18,2) as a"),
        ("select unnest([1, 1, 2]) as a", "select unnest([1, 2, 2]) as a"),
    ],
)
def test_differences_count(one: str, other: str) -> None:
    assert of(one).content_hash != of(other).content_hash


def test_columns_about_the_run_do_not_count() -> None:
    assert of("select 1 as a, 'x' as build_id, now() as _built_at, 1 as _loaded_at") == of("select 1 as a")


def test_all_tables_of_a_schema() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create schema marts; create table marts.x as select 1 as a; create table y as select 1 as a"
        )
        assert list(hashes(connection, "marts")) == ["x"]


def test_an_empty_table_has_a_hash() -> None:
    assert of("select 1 as a where false").rows == 0
    assert of("select 1 as a where false").content_hash != of("select 'x' as a where false").content_hash


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-9, 9), st.text(max_size=3) | st.none()), max_size=8), st.randoms())
def test_any_shuffle_gives_the_same_hash(rows: list[tuple[int, str | None]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    found = []
    for each in (rows, shuffled):
        with duckdb.connect() as connection:
            connection.execute("create table t (a integer, b varchar)")
            if each:
                connection.executemany("insert into t values (?, ?)", each)
            found.append(content_of(connection, "t"))
    assert found[0] == found[1]
