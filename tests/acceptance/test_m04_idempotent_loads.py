"""M04: running everything twice on the same state leaves every mart's row count and content hash unchanged."""

import re

import duckdb

from tests.conftest import Road, Walk
from warehouse.content_hash import hashes


def mart_hashes(walk: Walk) -> dict:
    with duckdb.connect(str(walk.folder / "marts.duckdb"), read_only=True) as con:
        return hashes(con, "main")


def test_second_run_changes_no_mart(first: Walk, second: Walk):
    before, after = mart_hashes(first), mart_hashes(second)
    assert set(before) == set(after)
    changed = [name for name in before if before[name] != after[name] and name != "_build"]
    assert not changed


def test_the_hash_sees_a_change(first: Walk, tmp_path):
    """A hash that could not fail would prove nothing."""
    import shutil

    copy = tmp_path / "marts.duckdb"
    shutil.copy2(first.folder / "marts.duckdb", copy)
    before = mart_hashes(first)
    with duckdb.connect(str(copy)) as con:
        con.execute(
            "update fct_orders set net_sales_amount = net_sales_amount + 0.01 "
            "where order_key = (select min(order_key) from fct_orders)"
        )
        after = hashes(con, "main")
    assert [name for name in before if before[name] != after[name]] == ["fct_orders"]


def test_second_run_lands_nothing(first: Walk, second: Walk):
    with first.warehouse() as con, second.warehouse() as again:
        tables = con.sql(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name like 'raw_%' "
            "and table_name not like '\\_dlt%' escape '\\'"
        ).fetchall()
        for (table,) in tables:
            count = f"select count(*) from {table}"
            assert con.sql(count).fetchone() == again.sql(count).fetchone(), table
    assert second.landed_rows == 0


def checked(walk: Walk) -> int:
    """Checks of which none failed, as the run's last line counts them."""
    (count,) = re.findall(r"(\d+) checks passed", walk.output)
    return int(count)


def test_a_run_without_news_passes_over_the_build(road: Road, second: Walk):
    before = road.walks[-1]
    again = road.walk()
    assert "it stands" in again.output
    assert again.landed_rows == 0
    assert again.writes == 0
    assert checked(again) == checked(before) > 300, "what was found by the build that stands is told again"
    assert {k: v for k, v in mart_hashes(again).items() if k != "_build"} == {
        k: v for k, v in mart_hashes(before).items() if k != "_build"
    }
