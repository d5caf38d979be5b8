"""M04: running everything twice on the same state leaves every mart's row count and content hash unchanged."""

import re
from pathlib import Path

import duckdb

from tests.conftest import Walk
from warehouse.content_hash import hashes

BUILT = ("intermediate", "marts", "audiences", "activation")


def mart_hashes(walk: Walk) -> dict:
    with duckdb.connect(str(walk.folder / "marts.duckdb"), read_only=True) as con:
        return {name: content for name, content in hashes(con, "main").items() if name != "_build"}


def built_hashes(warehouse: Path) -> dict:
    with duckdb.connect(str(warehouse), read_only=True) as con:
        return {(schema, name): content for schema in BUILT for name, content in hashes(con, schema).items()}


def test_building_again_changes_no_model(first: Walk, rebuilt: Path):
    before, after = built_hashes(first.folder / "warehouse.duckdb"), built_hashes(rebuilt)
    assert set(before) == set(after)
    assert len(before) > 150
    assert [name for name in before if before[name] != after[name]] == []


def test_second_run_changes_no_mart(first: Walk, second: Walk):
    assert mart_hashes(first) == mart_hashes(second)


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


def test_second_run_passes_over_the_build(first: Walk, second: Walk):
    assert "it stands" in second.output
    assert second.writes == 0
    assert checked(second) == checked(first) > 300, "what was found by the build that stands is told again"
