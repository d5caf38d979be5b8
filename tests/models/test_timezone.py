"""The machine's time zone changes nothing: times stay UTC, business days follow the brand.

dbt runs in a process of its own on the far side of the date line, over a raw column that carries a zone, which is where
an engine would read the machine's zone into the data.
"""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

from tests.acceptance_support.empty_shop import EmptyShop
from tests.conftest import ROOT, clean_environment


def test_auckland_builds_the_same_days(empty_shop: EmptyShop, tmp_path: Path) -> None:
    home = tmp_path / "sandbox" / "demo"
    (home / "dbt" / "build").mkdir(parents=True)
    shutil.copy2(empty_shop.target / "partial_parse.msgpack", home / "dbt" / "build")
    warehouse = Path(shutil.copyfile(empty_shop.warehouse, home / "warehouse.duckdb"))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("drop view if exists staging.stg_shopify__orders cascade")
        connection.execute("alter table raw_shopify.orders alter processed_at type timestamptz")
        connection.execute(
            "insert into raw_shopify.orders (id, currency_code, created_at, processed_at) values "
            "('1', 'USD', '2026-03-02 04:59:59', '2026-03-02 04:59:59+00'),"
            "('2', 'USD', '2026-03-02 05:00:00', '2026-03-02 05:00:00+00')"
        )
    done = subprocess.run(
        [sys.executable, "-m", "warehouse.dbt", "run", "--select", "+int_orders__headers"],
        cwd=ROOT,
        env=clean_environment(tmp_path, TZ="Pacific/Auckland"),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select order_id, cast(processed_at as string), order_date from intermediate.int_orders__headers order by 1 nulls last"
        ).fetchall()
    assert rows == [
        ("1", "2026-03-02 04:59:59", dt.date(2026, 3, 1)),
        ("2", "2026-03-02 05:00:00", dt.date(2026, 3, 2)),
    ], "the demo's days are New York's"
