"""M04, its quietest enemy: a sum of binary fractions depends on the order of adding, and threads add in any order.

What differs in the 16th digit still moves a cent where the exact sum lies on the edge of rounding, so a mart would change
its content between two builds of the same rows - once in a dozen builds. Here every model is bound, not run, with each
argument of a sum handed through a function that takes numbers of whole units only.
"""

import re
from pathlib import Path

import duckdb

from tests.conftest import Road, Walk

ADDS = re.compile(r"\b(sum|avg|var_samp|var_pop|stddev|stddev_samp|stddev_pop|corr)\s*\(", re.IGNORECASE)
TOLD_APART = re.compile(r"--[^\n]*|'(?:[^']|'')*'|[()]")
REFUSED = re.compile(r"exact\((DOUBLE|FLOAT)\)")
ALLOWED = {
    "int_journeys__credits": "weights are whole numbers below 2^53, which add up exactly",
    "fct_audience_lift": "moments of a distribution: estimates, with an interval around them",
}


def closing(sql: str, opening: int) -> int:
    """Where the parenthesis is closed that is opened there."""
    depth = 0
    for found in TOLD_APART.finditer(sql, opening):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0:
            return found.start()
    raise ValueError("a parenthesis stays open")


def guarded(sql: str) -> str:
    """The same query with what it adds handed through ``exact``; a sum inside another is left as it is."""
    parts, done = [], 0
    for found in ADDS.finditer(sql):
        if found.start() >= done:
            end = closing(sql, found.end() - 1)
            parts += [sql[done : found.end()], "exact(", sql[found.end() : end], ")"]
            done = end
    return "".join([*parts, sql[done:]])


def inexact(connection: duckdb.DuckDBPyConnection, sql: str) -> bool:
    try:
        connection.execute(f"explain {guarded(sql)}")
    except duckdb.BinderException as error:
        if not REFUSED.search(str(error)):
            raise
        return True
    return False


def exact(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    connection.create_function("exact", lambda number: number, ["DECIMAL(38, 4)"], "DECIMAL(38, 4)")
    return connection


def test_a_sum_of_fractions_is_seen() -> None:
    con = exact(duckdb.connect())
    con.execute("create table t as select 1.5::double as d, 1.5::decimal(9, 2) as m, 1::hugeint as h")
    assert inexact(con, "select sum(d) from t")
    assert inexact(
        con, "select 1 -- a bracket (\n, avg(case when m = 1 then 0.5 else cast(')' || h as double) end) from t"
    )
    assert not inexact(con, "select sum(m), sum(sum(h)) over (order by max(d)), count(d) from t")


def test_no_model_adds_binary_fractions(road: Road, first: Walk) -> None:
    models = {
        file.stem: file.read_text()
        for file in Path(road.home, "dbt", "build", "compiled").rglob("models/**/*.sql")
        if file.parent.suffix != ".yml"
    }
    adding = {name: sql for name, sql in models.items() if ADDS.search(sql)}
    assert len(adding) > 60
    with exact(duckdb.connect()) as con:
        con.execute(f"attach '{first.folder / 'warehouse.duckdb'}' as warehouse (read_only)")
        con.execute("use warehouse")
        found = {name for name, sql in adding.items() if inexact(con, sql)}
    assert found == set(ALLOWED), "cast what is added to a decimal"
