"""B03: a changed rule is tried before it is applied; the ids split, merged and unchanged are printed and sum to the total."""

from __future__ import annotations

import contextlib
import csv
import fcntl
import hashlib
import io
import json
import shutil
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from identity import __main__ as command
from identity import rules, trial
from tests.conftest import ROOT, Road, Walk
from warehouse import dbt

RULES = ROOT / "dbt_project" / "seeds" / "identity" / "identity_rules.csv"


@dataclass
class Tried:
    """One report, the states it compares (record -> id), and what was seen while it was made."""

    report: dict[str, Any]
    text: str
    before: dict[str, str]
    after: dict[str, str]
    home: Path
    was_same_file: bool
    lock_was_free: list[bool]


@pytest.fixture(scope="module")
def changed_rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """E-mails join nobody any more, and a phone joins whoever shares it: both splits and merges."""
    with RULES.open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["identifier_type"] == "email":
            row["is_edge"] = "false"
        if row["identifier_type"] == "phone":
            row |= {"name_rule": "ignore", "max_given_names": "", "max_family_names": ""}
    path = tmp_path_factory.mktemp("seeds") / "my_rules.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def tried(road: Road, first: Walk, changed_rules: Path, tmp_path_factory: pytest.TempPathFactory) -> Tried:
    """The command over a copy of the walked home; the trial's own tables are looked at before they go."""
    base = tmp_path_factory.mktemp("b03")
    home = base / "sandbox" / "demo"
    home.mkdir(parents=True)
    shutil.copy2(first.folder / "warehouse.duckdb", home)
    shutil.copy2(road.home / "hash.key", home)
    shutil.copytree(road.home / "dbt", home / "dbt")
    was = hashlib.sha256((home / "warehouse.duckdb").read_bytes()).hexdigest()
    states: dict[str, dict[str, str]] = {}
    free: list[bool] = []
    compared, invoked = rules._changed, dbt.invoke

    def look(connection: duckdb.DuckDBPyConnection, seed: str) -> tuple[int, int]:
        for schema in ("before", "intermediate"):
            sql = f"select record_key, customer_id from {schema}.int_identity__record_customers"
            states[schema] = dict(connection.execute(sql).fetchall())
        return compared(connection, seed)

    def watch(*words: str, **more: Any) -> Any:
        if words[0] != "parse":
            with (home / "write.lock").open("a") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    free.append(True)
                except BlockingIOError:
                    free.append(False)
        return invoked(*words, **more)

    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.setenv("SELVAGE_HOME", str(base))
        patch.setattr(rules, "_changed", look)
        patch.setattr(trial.dbt, "invoke", watch)
        assert command.main(["rules", "--seed-file", str(changed_rules), "--json", "--examples", "3"]) == 0
    report = json.loads(out.getvalue())
    same = hashlib.sha256((home / "warehouse.duckdb").read_bytes()).hexdigest() == was
    return Tried(report, rules.text(from_json(report)), states["before"], states["intermediate"], home, same, free)


def from_json(report: dict[str, Any]) -> rules.Report:
    """The report again, as the dataclass it was printed from."""
    from decimal import Decimal

    def money(row: dict[str, Any]) -> dict[str, Any]:
        return {
            k: Decimal(v) if k.endswith(("_amount", "threshold")) or k.startswith("value") else v
            for k, v in row.items()
        }

    kinds = {"merges": rules.Example, "splits": rules.Example, "edges": rules.EdgeCount, "cards": rules.Card}
    lists = {name: [kind(**money(row)) for row in report[name]] for name, kind in kinds.items()}
    return rules.Report(**{**money(report), **lists})


def test_split_merged_and_unchanged_sum_to_the_total(tried: Tried) -> None:
    groups: dict[str, set[str]] = defaultdict(set)
    for record, former in tried.before.items():
        groups[former].add(tried.after[record])
    whole = defaultdict(set)
    for record, later in tried.after.items():
        whole[later].add(tried.before[record])
    split = sum(len(ids) > 1 for ids in groups.values())
    merged = sum(len(ids) == 1 and len(whole[next(iter(ids))]) > 1 for ids in groups.values())
    report = tried.report
    assert split > 100
    assert merged > 10
    assert (report["split_ids"], report["merged_ids"]) == (split, merged)
    assert report["split_ids"] + report["merged_ids"] + report["unchanged_ids"] == report["ids"] == len(groups)
    assert report["ids_after"] == len(whole)
    for line in ("split", "merged", "unchanged"):
        assert f"{report[f'{line}_ids']:,} ids" in tried.text


def test_the_trial_is_what_the_rule_says(tried: Tried, first: Walk) -> None:
    """No e-mail edge is left, and nobody is parted who is joined by anything else that holds."""
    edges = {row["match_rule"]: (row["edges_before"], row["edges_after"]) for row in tried.report["edges"]}
    assert edges["same_email"][1] == 0 < edges["same_email"][0]
    assert edges["same_phone"][1] > edges["same_phone"][0]
    with first.warehouse() as con:
        kept = con.sql(
            "select record_key_from, record_key_to from intermediate.int_identity__edges "
            "where identifier_type not in ('email', 'phone')"
        ).fetchall()
    place = {record: number for number, record in enumerate(tried.before)}
    left, right = [place[a] for a, _ in kept], [place[b] for _, b in kept]
    graph = coo_matrix((np.ones(len(kept)), (left, right)), shape=(len(place),) * 2)
    label = connected_components(graph, directed=False)[1]
    ids = defaultdict(set)
    for record, number in place.items():
        ids[label[number]].add(tried.after[record])
    assert [found for found in ids.values() if len(found) > 1] == []


def test_nothing_real_is_touched_and_nobody_waits(tried: Tried) -> None:
    assert tried.was_same_file
    assert tried.lock_was_free == [True, True], "the write lock was held while the trial was computed"
    left = [path.name for path in (tried.home / "work" / "identity_trial").rglob("warehouse.duckdb*")]
    assert left == [], "a copy of personal data was left behind"


def test_money_that_moves_is_counted(tried: Tried, first: Walk) -> None:
    with first.warehouse() as con:
        orders = con.sql(
            "select record_key, net_sales_amount, is_return from intermediate.int_orders__orders "
            "where not is_test and not is_cancelled"
        ).fetchall()
    moved = [row for row in orders if tried.before[row[0]] != tried.after[row[0]]]
    report = from_json(tried.report)
    assert report.moved_orders == sum(not row[2] for row in moved) > 0
    assert report.moved_net_sales_amount == sum(row[1] for row in moved)
    assert report.orders == sum(not row[2] for row in orders)


def test_the_report_holds_nothing_personal(tried: Tried, first: Walk) -> None:
    shown = json.dumps(tried.report) + tried.text
    with first.warehouse() as con:
        values = con.sql(
            "select distinct identifier_value from intermediate.int_identity__identifiers "
            "where identifier_type in ('email', 'phone')"
        ).fetchall()
    assert len(values) > 500
    assert not [value for (value,) in values if value in shown]
    assert tried.report["merges"]
    assert tried.report["splits"]


def test_a_file_that_fits_no_seed_is_refused_by_name(
    road: Road, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tried: Tried
) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text(RULES.read_text().replace("is_edge", "is_edges", 1))
    monkeypatch.setenv("SELVAGE_HOME", str(tried.home.parent.parent))
    assert command.main(["rules", "--seed-file", str(mine)]) == 1
    assert "Nearest is identity_rules: missing is_edge; not in it is_edges." in capsys.readouterr().err
