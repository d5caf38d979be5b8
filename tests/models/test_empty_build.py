"""A warehouse in which nothing was landed builds green: every source table is made empty, every model and test runs.

A brand without a vendor, and a vendor that has not landed yet, are the same case.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance_support.empty_shop import EmptyShop


def test_everything_is_green(empty_shop: EmptyShop) -> None:
    assert not empty_shop.problems
    assert set(empty_shop.results.values()) <= {"success", "pass", "warn"}


def test_every_declared_source_table_exists_with_its_columns(empty_shop: EmptyShop, manifest: dict[str, Any]) -> None:
    found = set(
        empty_shop.query("select table_schema || '.' || table_name, column_name from information_schema.columns")
    )
    expected = {
        (f"{source['schema']}.{source['identifier']}", column)
        for source in manifest["sources"].values()
        if not (source.get("external") or source["config"].get("meta", {}).get("external_location"))
        for column in source["columns"]
    }
    assert expected, "no source table is declared"
    assert expected <= found


def test_no_mart_invents_rows(empty_shop: EmptyShop, manifest: dict[str, Any]) -> None:
    marts = [
        node["alias"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    ]
    counted = dict(
        empty_shop.query(" union all ".join(f"select '{name}', count(*) from marts.{name}" for name in marts))
    )
    cards = counted.pop("fct_identity_quality")  # one row per card whatever there is, and what they tell is nothing
    assert cards == empty_shop.query("select count(*) from marts.fct_identity_quality where value = 0")[0][0] > 0
    assert {name: count for name, count in counted.items() if count} == {}


@pytest.mark.parametrize(("table", "column"), [("orders", "tip_amount"), ("customers", "tags")])
def test_a_column_that_never_landed_is_added(empty_shop: EmptyShop, table: str, column: str) -> None:
    assert (column,) in empty_shop.query(
        f"select column_name from information_schema.columns where table_schema = 'raw_shopify' and table_name = '{table}'"
    )
