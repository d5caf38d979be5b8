"""What the project says of itself: grains, columns, contracts, keys, owners, and that no layer reaches past its neighbour."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from orchestration.transformation import VENDOR_LAYERS
from tests.models.conftest import PROJECT

Node = dict[str, Any]
KEY_TESTS = {"unique", "unique_combination", "primary_key", "only_eligible_members"}
# Which layers a model of a layer may read; seeds are open to all.
READS = {
    "staging": {"source"},
    "shapes": {"staging"},
    "intermediate": {"shapes", "intermediate"},
    "marts": {"intermediate", "marts"},
    "audiences": {"intermediate", "marts", "audiences", "activation"},
    "activation": {"intermediate", "marts", "activation"},
}
# The ledger is in our own words already, so its marts read it as it is staged.
TOLERATED = {"fct_sync_records reads stg_ledger__sync_records", "fct_holdout_arms reads stg_ledger__arm_assignments"}
# May only shrink too: these end in a select of their own.
TOLERATED_FORM = {"int_identity__customer_map", "int_identity__identifiers"}


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> dict[str, Node]:
    return {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}


def layer(node: Node) -> str:
    return node["original_file_path"].split("/")[1]


def test_every_model_says_its_grain(models: dict[str, Node]) -> None:
    assert [node["name"] for node in models.values() if not node["description"].startswith("One row")] == []


def test_every_column_of_a_mart_is_described_and_typed(models: dict[str, Node]) -> None:
    missing = {
        node["name"]: [
            column["name"] for column in node["columns"].values() if not (column["description"] and column["data_type"])
        ]
        for node in models.values()
        if layer(node) == "marts"
    }
    assert {name: columns for name, columns in missing.items() if columns} == {}


def test_every_source_column_is_described_and_typed(manifest: dict[str, Any]) -> None:
    missing = [
        f"{source['source_name']}.{source['name']}.{column['name']}"
        for source in manifest["sources"].values()
        for column in source["columns"].values()
        if not (column["description"] and column["data_type"])
    ]
    assert missing == []


def test_every_mart_has_an_enforced_contract(models: dict[str, Node]) -> None:
    marts = [node for node in models.values() if layer(node) == "marts"]
    assert marts
    assert [node["name"] for node in marts if not node["config"]["contract"]["enforced"]] == []


def test_every_model_that_others_join_has_a_tested_key(manifest: dict[str, Any], models: dict[str, Node]) -> None:
    tested = defaultdict(set)
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and node.get("test_metadata"):
            tested[node.get("attached_node")].add(node["test_metadata"]["name"])
    wanted = {key: node["name"] for key, node in models.items() if layer(node) in ("staging", "marts", "audiences")}
    without = {name for key, name in wanted.items() if not tested[key] & KEY_TESTS}
    # The ledger is append-only: a batch may be recorded again after a crash, and a folded file repeats what it holds.
    assert without == {"stg_ledger__sync_records", "stg_ledger__arm_assignments"}


def test_every_model_and_seed_has_a_group_and_owners(manifest: dict[str, Any]) -> None:
    lacking = [
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
        and not (
            (dagster := node["config"].get("meta", {}).get("dagster", {})).get("owners")
            and (dagster.get("group") or node["fqn"][1] in VENDOR_LAYERS)  # those are in their vendor's group
        )
    ]
    assert lacking == []


def test_no_layer_reaches_past_its_neighbour(manifest: dict[str, Any], models: dict[str, Node]) -> None:
    wrong = []
    for node in models.values():
        for parent in node["depends_on"]["nodes"]:
            if parent.startswith("seed."):
                continue
            read = "source" if parent.startswith("source.") else layer(models[parent])
            if read not in READS[layer(node)]:
                wrong.append(f"{node['name']} reads {parent.rsplit('.', 1)[-1]}")
    assert set(wrong) == TOLERATED


def test_a_vendor_reads_only_itself(models: dict[str, Node]) -> None:
    wrong = [
        f"{node['name']} reads {parent}"
        for node in models.values()
        if layer(node) in ("staging", "shapes")
        for parent in node["depends_on"]["nodes"]
        if not parent.startswith("seed.") and f"{Path(node['original_file_path']).parent.name}" not in parent
    ]
    assert wrong == []


def test_sql_stays_readable() -> None:
    """At most 120 lines, at most 7 joins in one select, and the last line selects all from the last CTE."""
    wrong = {}
    for path in sorted(PROJECT.glob("models/**/*.sql")):
        text = path.read_text().rstrip()
        lines = len(text.splitlines())
        selects = re.sub(r"--[^\n]*", "", text).split("select")
        joins = max(len(re.findall(r"\bjoin\b", part)) for part in selects)
        closed = "with " not in text or text.splitlines()[-1].startswith("select * from ")
        if lines > 120 or joins > 7 or not closed:
            wrong[path.stem] = (lines, joins, text.splitlines()[-1])
    assert set(wrong) - TOLERATED_FORM == set(), wrong


def test_every_model_stands_in_a_properties_file(models: dict[str, Node]) -> None:
    assert [node["name"] for node in models.values() if not node.get("patch_path")] == []
