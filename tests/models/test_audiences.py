"""Every audience goes through eligible_members and says in YAML what it is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest
from dbt_common.exceptions import CompilationError

import selvage
from activation.destination import Audience
from activation.turns import check_lists
from tests.models.conftest import PROJECT

KEYS = {"destinations", "mode", "holdout", "max_removal_share"}
EVIDENCE = {"consent_channel", "consent_purpose", "consent_evidence_id", "consent_policy_version", "consent_as_of"}
AUDIENCES = sorted((PROJECT / "models" / "audiences").glob("aud_*.sql"))
TOY = """with candidates as (

    select customer_id from {{ ref('dim_customers') }}
    where order_count = 0

)

select * from %s
"""


def bypasses(sql: str) -> bool:
    """True unless the model's last step is the macro: members added after it would be nobody's to refuse."""
    plain = re.sub(r"{#.*?#}|--[^\n]*", " ", sql, flags=re.DOTALL)
    return not re.search(r"select\s+\*\s+from\s+{{\s*eligible_members\('\w+'\)\s*}}\s*$", plain)


def audiences(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["path"].startswith("audiences/")
    }


def test_there_is_an_audience() -> None:
    assert AUDIENCES


@pytest.mark.parametrize("path", AUDIENCES, ids=lambda path: path.stem)
def test_members_come_through_the_macro_alone(path: Path) -> None:
    assert not bypasses(path.read_text())


@pytest.mark.parametrize(
    "last", ["candidates", "{{ eligible_members('candidates') }} union all select * from candidates"]
)
def test_a_bypass_is_found(last: str) -> None:
    assert bypasses(TOY % last)
    assert bypasses(TOY % "candidates" + "-- {{ eligible_members('candidates') }}")
    assert not bypasses(TOY % "{{ eligible_members('candidates') }}")


def test_conversions_stand_on_consent_too() -> None:
    assert not bypasses((PROJECT / "models" / "activation" / "act_conversions.sql").read_text())


def test_each_says_what_it_is_for(manifest: dict[str, Any]) -> None:
    found = audiences(manifest)
    assert set(found) == {path.stem for path in AUDIENCES}
    for name, node in found.items():
        meta = node["config"]["meta"]
        activation = meta["activation"]
        assert KEYS <= set(activation) <= KEYS | {"priority", "capped"}, name
        assert activation["destinations"], name
        assert all(set(use) == {"channel", "purpose"} for use in activation["destinations"].values()), name
        assert activation["mode"] in {"mirror", "upsert", "update_only"}, name
        assert 0 <= activation["holdout"] < 1, name
        assert 0 < activation["max_removal_share"] <= 1, name
        assert set(meta["dagster"]) >= {"owners", "group"}, name
        assert node["description"].startswith("One row per customer"), name
        assert set(node["columns"]) >= EVIDENCE, name


def test_ranks_are_one_each_and_the_brand_names_every_list(manifest: dict[str, Any]) -> None:
    listed = [
        Audience(name, "", use["purpose"], use["channel"], destination, activation["mode"],
                 priority_list=priority["list"], priority_rank=priority["rank"])
        for name, node in audiences(manifest).items()
        for activation in [node["config"]["meta"]["activation"]]
        if (priority := activation.get("priority"))
        for destination, use in activation["destinations"].items()
    ]  # fmt: skip
    check_lists(listed)
    assert {one.priority_list for one in listed} == set(selvage.load_brand("demo").priority_lists)


def test_what_reaches_people_is_capped_and_what_reaches_nobody_is_not(manifest: dict[str, Any]) -> None:
    """Who may be held out hears something; a list to exclude people, a seed or a profile holds nobody out."""
    for name, node in audiences(manifest).items():
        activation = node["config"]["meta"]["activation"]
        assert activation.get("capped", True) is (activation["holdout"] > 0), name
        assert activation.get("capped", True) or "priority" not in activation, name


def turns_checked(**activation: Any) -> None:
    def refuse(words: str) -> None:
        raise CompilationError(words)

    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.globals |= {
        "exceptions": SimpleNamespace(raise_compiler_error=refuse),
        "model": SimpleNamespace(name="aud_toy"),
    }
    macro = environment.from_string((PROJECT / "macros" / "audiences" / "check_turns.sql").read_text())
    macro.module.check_turns(activation)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"priority": "baskets"}, "priority takes a list and a rank"),
        ({"priority": {"list": "baskets"}}, "priority takes a list and a rank"),
        ({"priority": {"list": "baskets", "rank": 0}}, "priority takes a list and a rank"),
        ({"priority": {"list": "baskets", "rank": "first"}}, "priority takes a list and a rank"),
        ({"priority": {"list": "baskets", "rank": 1, "place": 2}}, "priority takes a list and a rank"),
        ({"priority": {"list": "baskets", "rank": 1}, "mode": "upsert"}, "mode upsert keeps members who left"),
        ({"capped": "no"}, "capped is true or false"),
    ],
)
def test_nonsense_about_turns_stops_the_build_and_is_named(given: Mapping[str, Any], words: str) -> None:
    with pytest.raises(CompilationError, match=rf"Audience aud_toy in _audiences\.yml: {words}"):
        turns_checked(**given)


def test_sense_about_turns_passes() -> None:
    turns_checked()
    turns_checked(priority={"list": "baskets", "rank": 2}, mode="mirror", capped=False)


def test_each_is_checked_after_it_is_built(manifest: dict[str, Any]) -> None:
    checked = {
        node["attached_node"].split(".")[-1]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") == "only_eligible_members"
    }
    assert checked == {*audiences(manifest), "act_conversions"}
