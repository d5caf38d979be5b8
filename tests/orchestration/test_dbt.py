"""dbt in process: it lets go of the warehouse, names what failed, and knows when its manifest is old."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest

import selvage
from warehouse import dbt
from warehouse.lock import write_lock

PROFILE = """\
selvage:
  target: duckdb
  outputs:
    duckdb:
      type: duckdb
      path: "{{ env_var('SELVAGE_WAREHOUSE') }}"
      threads: 2
      plugins:
        - module: warehouse.dbt_lock
          config: {path: "{{ env_var('SELVAGE_WRITE_LOCK') }}"}
"""
PROJECT = "name: toy\nversion: '1.0.0'\nprofile: selvage\nmodel-paths: [models]\n"
OTHER_PROCESS = """
import sys, duckdb
from pathlib import Path
from warehouse.lock import write_lock
with write_lock("another process", timeout_seconds=1, path=Path(sys.argv[1])):
    print(duckdb.connect(sys.argv[2]).execute("select count(*) from one").fetchone()[0])
"""
SLOW = "{{ config(materialized='table') }} select sum(sqrt(a.range * b.range)) as total from range(2000000) as a, range(2000) as b"


@pytest.fixture
def toy(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = tmp_path / "toy"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text(PROJECT)
    (project / "profiles.yml").write_text(PROFILE)
    (project / "models" / "one.sql").write_text("select 1 as one")
    monkeypatch.setattr(dbt, "PROJECT", project)
    return project


@pytest.fixture
def replacing(toy: Path) -> Path:
    """The toy with the product's own table and view."""
    shutil.copytree(selvage.ROOT / "dbt_project" / "macros" / "materializations", toy / "macros")
    return toy / "models"


def found_in(model: str) -> tuple[str, list[tuple[int, ...]]]:
    with duckdb.connect(str(selvage.settings().warehouse), read_only=True) as con:
        kind = con.execute("select table_type from information_schema.tables where table_name = ?", [model]).fetchall()
        assert len(kind) == 1
        return kind[0][0], con.sql(f"from {model}").fetchall()


def elsewhere() -> subprocess.CompletedProcess[str]:
    settings = selvage.settings()
    command = [sys.executable, "-c", OTHER_PROCESS, str(settings.write_lock), str(settings.warehouse)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_after_a_command_another_process_can_write(toy: Path) -> None:
    before = dict(os.environ)
    dbt.invoke("run")
    assert dict(os.environ) == before, "the environment of dbt stayed in ours"
    found = elsewhere()
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == "1"


def test_a_failure_is_named_without_personal_data_and_lets_go_too(toy: Path) -> None:
    (toy / "models" / "two.sql").write_text(
        "{{ config(materialized='table') }} select cast('ana@example.com' as integer) as two"
    )
    with pytest.raises(dbt.DbtFailed, match=r"dbt run failed\n  two: ") as caught:
        dbt.invoke("run")
    assert list(caught.value.nodes) == ["two"]
    assert "ana@" not in str(caught.value)
    assert elsewhere().returncode == 0


def test_a_table_is_replaced_whole_or_not_at_all(replacing: Path) -> None:
    model = replacing / "kept.sql"
    for sql in ("select 1 as one", "select 2 as one, 3 as two"):
        model.write_text("{{ config(materialized='table') }} " + sql)
        dbt.invoke("run")
    assert found_in("kept") == ("BASE TABLE", [(2, 3)])
    model.write_text("{{ config(materialized='table') }} select cast('x' as integer) as one")
    with pytest.raises(dbt.DbtFailed, match="kept"):
        dbt.invoke("run")
    assert found_in("kept") == ("BASE TABLE", [(2, 3)])
    model.unlink()
    python = "def model(dbt, session):\n    dbt.config(materialized='table')\n    return session.sql({!r}){}\n"
    # A relation is written by dbt's own connection, an Arrow table by another.
    for number, written in ((4, ""), (5, ".to_arrow_table()"), (6, ".to_arrow_table()"), (7, "")):
        (replacing / "kept.py").write_text(python.format(f"select {number} as one", written))
        dbt.invoke("run")
        assert found_in("kept") == ("BASE TABLE", [(number,)])
    (replacing / "kept.py").write_text(python.format("select cast(chr(120) as integer) as one", ""))
    with pytest.raises(dbt.DbtFailed, match="kept"):
        dbt.invoke("run")
    assert found_in("kept") == ("BASE TABLE", [(7,)])


def test_a_view_becomes_a_table_and_a_table_a_view(replacing: Path) -> None:
    for number, kind in enumerate(("table", "view", "view", "table")):
        (replacing / "turned.sql").write_text(f"{{{{ config(materialized='{kind}') }}}} select {number} as one")
        dbt.invoke("run")
        assert found_in("turned") == ({"table": "BASE TABLE", "view": "VIEW"}[kind], [(number,)])


def test_leaving_early_stops_the_query(toy: Path) -> None:
    (toy / "models" / "slow.sql").write_text(SLOW)
    started = time.monotonic()
    for event in dbt.Command("run", "--select", "slow").events():
        if event["info"]["name"] == "NodeStart":
            time.sleep(0.3)
            break
    assert time.monotonic() - started < 15
    dbt.invoke("run", "--select", "one")
    assert elsewhere().returncode == 0


def test_a_command_waits_for_the_write_lock(toy: Path) -> None:
    settings = selvage.settings()
    child = "import sys,time; from pathlib import Path; from warehouse.lock import write_lock\n"
    child += "with write_lock('another process', path=Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(2)"
    with subprocess.Popen(
        [sys.executable, "-c", child, str(settings.write_lock)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        other.stdout.readline()
        dbt.invoke("run")
        assert other.poll() == 0, "dbt wrote while the other process held the lock"


def test_the_manifest_is_parsed_when_the_project_changed(toy: Path) -> None:
    def names() -> set[str]:
        return {node["name"] for node in dbt.manifest()["nodes"].values()}

    assert names() == {"one"}
    first = dbt.manifest_file().stat().st_mtime_ns
    dbt.prepare_manifest()
    assert dbt.manifest_file().stat().st_mtime_ns == first, "parsed although nothing changed"
    time.sleep(0.02)
    (toy / "models" / "two.sql").write_text("select 2 as two")
    assert names() == {"one", "two"}
    time.sleep(0.02)
    (toy / "models" / "two.sql").unlink()
    assert names() == {"one"}


def test_another_home_starts_from_what_was_parsed_and_learns_no_key(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (toy / "models" / "keyed.sql").write_text("select '{{ env_var('SELVAGE_HASH_KEY', 'no-key') }}' as hash_key")
    first = dbt.manifest()["nodes"]
    key = selvage.settings().hash_key().encode()
    monkeypatch.setenv("SELVAGE_HOME", str(tmp_path / "another"))
    told, copy = [], dbt._copy_whole
    monkeypatch.setattr(dbt, "_copy_whole", lambda file, to, **more: (told.append(file), copy(file, to, **more)))
    assert set(dbt.manifest()["nodes"]) == set(first)
    assert told[0] == dbt.parsed_last()
    assert dbt.parsed_last().is_relative_to(toy)
    assert key not in dbt.parsed_last().read_bytes()


def test_a_project_that_can_not_be_read_says_why(toy: Path) -> None:
    (toy / "models" / "broken.sql").write_text("select * from {{ ref('nowhere') }}")
    with pytest.raises(dbt.DbtFailed, match="nowhere"):
        dbt.prepare_manifest()
    assert not dbt.manifest_file().exists()


def test_a_thread_of_ours_may_hold_the_lock_around_a_command(toy: Path) -> None:
    """The lock is for processes: a run that holds it may call dbt."""
    done = threading.Event()
    with write_lock("the run itself"):
        dbt.invoke("run")
        done.set()
    assert done.is_set()
    assert elsewhere().returncode == 0


def test_what_nobody_reads_is_told_to_nobody_and_is_whole_when_it_is_asked_for() -> None:
    from dbt.adapters.events.types import SQLQuery
    from dbt.events.types import NodeStart
    from dbt_common.events.base_types import EventLevel
    from dbt_common.events.event_manager_client import get_event_manager

    from warehouse.dbt_events import only_what_is_read

    only_what_is_read()
    manager, told = get_event_manager(), []
    manager.callbacks = [lambda message: told.append(message.info.name)]
    query = {"conn_name": "main", "sql": "select 1", "node_info": {"node_name": "dim_customers"}}
    manager.fire_event(SQLQuery(**query))
    manager.fire_event(NodeStart(node_info=query["node_info"]))
    manager.fire_event(SQLQuery(**query), level=EventLevel.WARN)
    assert told == ["NodeStart", "SQLQuery"]
    event = SQLQuery(**query)
    assert event.message().endswith("select 1")
    assert (event.sql, event.to_dict()["node_info"]["node_name"]) == ("select 1", "dim_customers")
    manager.callbacks = []
