"""Every macro of macros/cross_db gives the same fixed values on DuckDB, and has a Spark form that Spark's grammar accepts.

On Spark itself the same values are asked for by tests/models/test_on_spark.py.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import sqlglot

from tests.acceptance_support.empty_shop import EmptyShop
from tests.models.conftest import PROJECT
from tests.models.cross_db_cases import CASES, STORAGE, Case
from warehouse.dbt_functions import register

FILES = sorted((PROJECT / "macros" / "cross_db").glob("*.sql"))
MACRO = re.compile(r"{%-?\s*macro\s+(\w+)\(")
BETWEEN = "\n-- next case --\n"


def macros() -> set[str]:
    return {name for file in FILES for name in MACRO.findall(file.read_text())}


def dispatched() -> set[str]:
    return {name.removeprefix("default__") for name in macros() if name.startswith("default__")}


@pytest.fixture(scope="module")
def rendered(compiled: Callable[[str], str]) -> dict[Case, dict[str, str]]:
    """Each case's SQL on both engines, from one dbt command: a Spark form is called by its own name."""
    texts = []
    for case in CASES:
        texts.append(case.sql)
        own = re.sub(rf"\b({'|'.join(dispatched())})\(", r"spark__\1(", case.sql)
        texts.append(own if case.macro in dispatched() else "select 1 as x")
    parts = compiled(BETWEEN.join(texts)).split(BETWEEN.strip())
    assert len(parts) == 2 * len(CASES)
    return {case: {"duckdb": parts[2 * n], "spark": parts[2 * n + 1]} for n, case in enumerate(CASES)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_duckdb_gives(case: Case, rendered: dict[Case, dict[str, str]]) -> None:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        register(connection)
        rows = connection.execute(rendered[case]["duckdb"]).fetchall()
    given = [float(row[0]) if isinstance(row[0], Decimal) else row[0] for row in rows]
    assert given == [float(one) if isinstance(one, Decimal) else one for one in case.expected]


def test_spark_forms_are_spark_sql(rendered: dict[Case, dict[str, str]]) -> None:
    unread = {}
    for case, texts in rendered.items():
        try:
            sqlglot.parse_one(texts["spark"], read="spark")
        except sqlglot.errors.ParseError as error:
            unread[case.id] = str(error)[:200]
    assert not unread


def test_every_macro_has_both_forms_and_a_case() -> None:
    spark = {name.removeprefix("spark__") for name in macros() if name.startswith("spark__")}
    assert spark == dispatched(), "a macro with a default__ form needs a spark__ form, and the other way round"
    public = {name for name in macros() if not name.startswith(("default__", "spark__"))}
    assert public - STORAGE == {case.macro for case in CASES}


def test_the_key_of_columns_tells_null_from_text() -> None:
    expected = next(case.expected[0] for case in CASES if case.macro == "surrogate_key")
    assert expected == hashlib.md5(b"1|<null>|a").hexdigest()


def test_an_error_stops_the_query_with_its_message(compiled: Callable[[str], str]) -> None:
    sql = compiled(
        "select case when count(*) = 1 then {{ raise_error(\"'row ' || max(a)\") }} end from (select 'x' as a) as t"
    )
    with duckdb.connect() as connection, pytest.raises(duckdb.Error, match="row x"):
        connection.execute(sql).fetchall()


def test_storage_macros(compiled: Callable[[str], str], empty_shop: EmptyShop, tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"copy (select 1 as x) to '{tmp_path}/a.parquet'")
        connection.execute(f"copy (select 2 as x, 'more' as y) to '{tmp_path}/b.parquet'")
        text = compiled(
            "select x, y from {{ source_location('"
            + str(tmp_path)
            + "') }} order by x nulls last"
            + BETWEEN
            + "{{ incremental_config('event_date') }}"
            + BETWEEN
            + "{{ spark__incremental_config('event_date') }}"
        )
        select, by_day, on_spark = text.split(BETWEEN.strip())
        assert connection.execute(select).fetchall() == [(1, None), (2, "more")]
    assert "'delete+insert'" in by_day
    assert "'unique_key': 'event_date'" in by_day
    assert "'insert_overwrite'" in on_spark
    assert "'partition_by': 'event_date'" in on_spark
