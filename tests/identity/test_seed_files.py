"""Which seed a file replaces, and what a trial with it takes; a file that fits none is refused before any work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from identity import trial
from identity.trial import SeedRefused
from tests.conftest import ROOT

RULES = ROOT / "dbt_project" / "seeds" / "identity" / "identity_rules.csv"
BLOCKED = RULES.with_name("blocked_identifiers.csv")


PARENTS = {
    "model.selvage.int_identity__edges": ["seed.selvage.identity_rules", "model.selvage.int_identity__records"],
    "model.selvage.int_identity__identifiers": ["seed.selvage.blocked_identifiers"],
    "model.selvage.int_identity__customer_map": ["model.selvage.int_identity__edges"],
    "model.selvage.int_identity__record_customers": ["model.selvage.int_identity__customer_map"],
    "model.selvage.fct_identity_quality": [
        "model.selvage.int_identity__record_customers",
        "model.selvage.int_identity__identifiers",
    ],
    "model.selvage.dim_customers": ["model.selvage.int_identity__record_customers"],
    "model.selvage.int_identity__records": ["source.selvage.shopify.customers"],
}


def node(name: str, **more: Any) -> dict[str, Any]:
    kind, _, short = name.split(".")
    return {"unique_id": name, "name": short, "resource_type": kind, "schema": "intermediate", "config": {}, **more}


def check_of(name: str, *parents: str, attached: str | None = None) -> dict[str, Any]:
    return node(f"test.selvage.{name}", depends_on={"nodes": list(parents)}, attached_node=attached)


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """Two seeds, the models between them and the results, one model beside them, and four tests."""
    names = {*PARENTS, *(name for names in PARENTS.values() for name in names if not name.startswith("source."))}
    nodes = {name: node(name, config={"materialized": "table"}) for name in names}
    nodes["model.selvage.int_identity__customer_map"]["config"]["materialized"] = "incremental"
    for file in (RULES, BLOCKED):
        types = dict.fromkeys(file.read_text().split("\n", 1)[0].split(","), "string")
        nodes[f"seed.selvage.{file.stem}"]["config"]["column_types"] = types
    edges, customers = "model.selvage.int_identity__edges", "model.selvage.dim_customers"
    tests = [
        check_of("primary_key_rules", "seed.selvage.identity_rules", attached="seed.selvage.identity_rules"),
        check_of("assert_edges_make_sense", edges, "model.selvage.int_identity__records"),
        check_of("assert_customers_make_sense", edges, customers),
        check_of(trial.THRESHOLDS, "model.selvage.fct_identity_quality"),
    ]
    nodes |= {each["unique_id"]: each for each in tests}
    children: dict[str, list[str]] = {}
    for name, parents in PARENTS.items():
        for parent in parents:
            children.setdefault(parent, []).append(name)
    return {"nodes": nodes, "parent_map": PARENTS, "child_map": children}


def test_the_columns_tell_which_seed_it_is(manifest: dict[str, Any], tmp_path: Path) -> None:
    mine = tmp_path / "anything.csv"
    mine.write_text("\ufeff" + BLOCKED.read_text())  # as a spreadsheet saves it
    assert dict(trial.plan(manifest, [mine, RULES]).seeds) == {"blocked_identifiers": mine, "identity_rules": RULES}


def test_only_what_a_seed_leads_to_is_built(manifest: dict[str, Any]) -> None:
    planned = trial.plan(manifest, [RULES])
    built = [
        "fct_identity_quality",
        "int_identity__customer_map",
        "int_identity__edges",
        "int_identity__record_customers",
    ]
    assert planned.models == built
    # What the models need and what the ids so far are kept in, and no more.
    needed = ["identity_rules", "int_identity__customer_map", "int_identity__identifiers", "int_identity__records"]
    assert [name for _, name in planned.inputs] == needed
    assert planned.tests == ["assert_edges_make_sense", "primary_key_rules"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("identifier_type,match_kind,pattern,why\n", "blocked_identifiers: missing reason; not in it why"),
        ("a,b\n1,2\n", "columns of no seed"),
        ("", "columns of no seed"),
    ],
)
def test_a_file_of_other_columns_is_refused(manifest: dict[str, Any], tmp_path: Path, text: str, told: str) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text(text)
    with pytest.raises(SeedRefused, match=told):
        trial.plan(manifest, [mine])


def test_two_files_of_one_seed_and_a_missing_one_are_refused(manifest: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(SeedRefused, match="both identity_rules"):
        trial.plan(manifest, [RULES, RULES])
    with pytest.raises(SeedRefused, match="no file"):
        trial.plan(manifest, [tmp_path / "nowhere.csv"])


def test_values_are_read_as_dbt_reads_a_seed(manifest: dict[str, Any], tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    types = {"name": "string", "rank": "bigint", "is_edge": "boolean"}
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as trial")
        connection.execute("create schema trial.before; create schema trial.seeds")
        connection.execute("create table trial.seeds.rules as select 'old' as name, 1 as rank, true as is_edge")
        mine.write_text('is_edge,name,rank\ntrue,"a, ""b""",1\n,c,\n')  # columns in another order
        trial._load(connection, "seeds.rules", mine, types)
        assert connection.execute("from trial.seeds.rules").fetchall() == [('a, "b"', 1, True), ("c", None, None)]
        assert connection.execute("select name from trial.before.rules").fetchall() == [("old",)]
        connection.execute("drop table trial.before.rules")
        mine.write_text("name,rank,is_edge\nana@example.com,many,true\n")
        with pytest.raises(SeedRefused, match=r"mine\.csv.*many") as refused:
            trial._load(connection, "seeds.rules", mine, types)
        assert "ana@" not in str(refused.value)
