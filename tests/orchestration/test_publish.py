"""Publishing: what goes out, who sees what while it happens, and what a failure leaves."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

import selvage
from warehouse.publish import PublishError, publish

from .conftest import ROWS, Fill, node

pytestmark = pytest.mark.usefixtures("home")


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_copies_hold_what_belongs_in_them(fill: Fill, toy_manifest: dict[str, Any]) -> None:
    fill(1)
    done = publish("build", toy_manifest)
    tables = {name for (name,) in rows(done.marts_file, "select table_name from information_schema.tables")}
    assert tables == {"fct_orders", "dim_customers", "_build"}
    build = rows(done.marts_file, "select mart, row_count, content_hash, build_id, as_of from _build order by mart")
    assert [(mart, count) for mart, count, *_ in build] == [("dim_customers", ROWS // 2), ("fct_orders", ROWS)]
    assert {found[3] for found in build} == {done.build_id}
    assert str(build[0][4]) == "2026-06-29 00:00:00"
    audience = rows(done.activation_file, "select * exclude (description) from audiences")
    routed = ("marketing", "email", "klaviyo", "mirror", None, None, "team:marketing", None, None, True)
    assert audience == [("aud_buyers", *routed)]
    assert rows(done.activation_file, "select build_id from build") == [(done.build_id,)]
    assert stat.S_IMODE(done.activation_file.stat().st_mode) == 0o600
    parquet = duckdb.sql(f"select count(*) from '{done.parquet_folder}/fct_orders.parquet'").fetchone()
    assert parquet == (ROWS,)
    assert not list(selvage.settings().home.rglob("*.partial*"))


def test_the_same_rows_give_the_same_hashes(fill: Fill, toy_manifest: dict[str, Any]) -> None:
    fill(1)
    first = publish("build", toy_manifest)
    fill(1)
    second = publish("build", toy_manifest)
    fill(2)
    third = publish("build", toy_manifest)
    assert first.tables == second.tables
    assert first.build_id != second.build_id
    assert second.tables["fct_orders"] != third.tables["fct_orders"]


def test_sync_marts_join_the_published_build(fill: Fill, toy_manifest: dict[str, Any]) -> None:
    fill(1)
    build = publish("build", toy_manifest)
    fill(2)  # somebody builds on meanwhile: what was tested and published stays out of it
    with duckdb.connect(str(selvage.settings().warehouse)) as connection:
        connection.execute("create table marts.fct_sync_records as select 1 as sync_record_key")
    done = publish("sync", toy_manifest)
    assert done.build_id == build.build_id
    assert rows(done.marts_file, "select distinct generation from fct_orders") == [(1,)]
    assert rows(done.marts_file, "select count(*) from fct_sync_records") == [(1,)]
    assert sorted(path.stem for path in done.parquet_folder.glob("*.parquet")) == sorted(done.tables)
    again = publish("build", toy_manifest)
    assert "fct_sync_records" in again.tables, "a reader would miss the sync marts between two publishings"


def test_a_view_is_published_as_a_view_of_what_it_reads(
    fill: Fill, toy_manifest: dict[str, Any], tmp_path: Path
) -> None:
    """Stored once, read by its name, also where the copy is attached under another one."""
    fill(1)
    view = node("marts", "fct_credit")
    view["depends_on"] = {"nodes": ["model.selvage.int_credits", "model.selvage.fct_orders"]}
    toy_manifest["nodes"]["model.selvage.fct_credit"] = view
    toy_manifest["nodes"]["model.selvage.int_credits"] = node("intermediate", "int_credits")
    with duckdb.connect(str(selvage.settings().warehouse)) as connection:
        connection.execute('create table intermediate.int_credits as select 7 as order_key, 1 as linear, 2 as "e-mail"')
        connection.execute(
            "create view marts.fct_credit as "
            "select order_key, 'linear' as model, linear as credit from warehouse.intermediate.int_credits "
            'union all select order_key, \'e-mail\', "e-mail" from "warehouse"."intermediate"."int_credits" '
            "inner join warehouse.marts.fct_orders using (order_key)"
        )
    done = publish("build", toy_manifest)
    selvage.settings().warehouse.unlink()
    assert done.tables["fct_credit"].rows == 2
    kinds = dict(
        rows(done.marts_file, "select table_schema || '.' || table_name, table_type from information_schema.tables")
    )
    assert kinds["main.fct_credit"] == "VIEW"
    assert kinds["stored.int_credits"] == "BASE TABLE"
    with duckdb.connect(str(tmp_path / "reader.duckdb")) as reader:
        reader.execute(f"attach '{done.marts_file}' as ours (read_only)")
        found = reader.execute("select order_key, model, credit from ours.fct_credit order by model").fetchall()
    assert found == [(7, "e-mail", 2), (7, "linear", 1)]
    assert duckdb.sql(f"select count(*) from '{done.parquet_folder}/fct_credit.parquet'").fetchone() == (2,)


def test_a_view_of_something_unknown_stops_publishing(fill: Fill, toy_manifest: dict[str, Any]) -> None:
    fill(1)
    toy_manifest["nodes"]["model.selvage.fct_people"] = node("marts", "fct_people")
    with duckdb.connect(str(selvage.settings().warehouse)) as connection:
        connection.execute("create view marts.fct_people as select count(*) as people from intermediate.int_secret")
    with pytest.raises(PublishError, match="fct_people reads a relation that is not published with it"):
        publish("build", toy_manifest)


def test_a_view_of_personal_data_stops_publishing(fill: Fill, toy_manifest: dict[str, Any]) -> None:
    fill(1)
    view = node("marts", "fct_people")
    view["depends_on"] = {"nodes": ["model.selvage.int_secret"]}
    toy_manifest["nodes"]["model.selvage.fct_people"] = view
    with duckdb.connect(str(selvage.settings().warehouse)) as connection:
        connection.execute("create view marts.fct_people as select count(*) as people from intermediate.int_secret")
    with pytest.raises(PublishError, match="int_secret holds personal data"):
        publish("build", toy_manifest)


def test_a_failure_keeps_yesterdays_copies(fill: Fill, toy_manifest: dict[str, Any]) -> None:
    fill(1)
    before = publish("build", toy_manifest)
    fill(2)
    for name in ("fct_new", "act_new"):
        schema = "marts" if name == "fct_new" else "activation"
        broken = {"nodes": {**toy_manifest["nodes"], f"model.selvage.{name}": node(schema, name)}}
        with pytest.raises(PublishError, match=name):
            publish("build", broken)
    assert rows(before.marts_file, "select distinct build_id from _build") == [(before.build_id,)]
    assert rows(before.activation_file, "select build_id from build") == [(before.build_id,)]
    assert json.loads((before.parquet_folder / "_build.json").read_text())["build_id"] == before.build_id
    assert not list(selvage.settings().home.rglob("*.partial*"))


def test_personal_data_does_not_go_out(fill: Fill, toy_manifest: dict[str, Any]) -> None:
    fill(1)
    with duckdb.connect(str(selvage.settings().warehouse)) as connection:
        connection.execute("alter table marts.dim_customers add column email varchar")
    with pytest.raises(PublishError, match=r"dim_customers.*email"):
        publish("build", toy_manifest)


def test_nothing_to_publish_from_is_said(toy_manifest: dict[str, Any]) -> None:
    with pytest.raises(PublishError, match="no warehouse"):
        publish("build", toy_manifest)
    with pytest.raises(PublishError, match=r"no published marts|no warehouse"):
        publish("sync", toy_manifest)


READER = textwrap.dedent(
    """
    import sys, duckdb
    marts, parquet, stop = sys.argv[1:]
    import pathlib
    reads, seen = 0, set()
    while not pathlib.Path(stop).exists() or not reads:
        with duckdb.connect(marts, read_only=True) as connection:
            one = connection.execute(
                "select count(*), min(generation), max(generation) from fct_orders join dim_customers "
                "using (generation) where order_key = customer_id").fetchone()
            assert one[1] == one[2] and one[0] > 0, one
            seen.add(one[1])
        two = duckdb.sql(f"select count(*), min(generation), max(generation) from '{parquet}/fct_orders.parquet'")
        two = two.fetchone()
        assert two[1] == two[2] and two[0] > 0, two
        reads += 1
    print(reads, len(seen))
    """
)


def test_a_reader_sees_no_error_while_copies_are_swapped(
    fill: Fill, toy_manifest: dict[str, Any], tmp_path: Path
) -> None:
    fill(0)
    done = publish("build", toy_manifest)
    stop = tmp_path / "stop"
    command = [sys.executable, "-c", READER, str(done.marts_file), str(done.parquet_folder), str(stop)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reader:
        started = time.monotonic()
        generation = 0
        while generation < 8 or time.monotonic() - started < 6:
            generation += 1
            fill(generation)
            publish("build", toy_manifest)
        stop.touch()
        out, err = reader.communicate(timeout=30)
    assert reader.returncode == 0, err
    reads, generations = map(int, out.split())
    assert reads >= 10
    assert generations >= 3, "the reader never saw a newer copy, so nothing was tried"
