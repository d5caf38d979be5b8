"""The list of providers, the shp_ models and the shapes' columns agree, and the union goes by name."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import duckdb
import pytest
import yaml

from tests.acceptance_support.empty_shop import EmptyShop
from tests.models.conftest import PROJECT

NAME = re.compile(r"shp_(?P<vendor>\w+?)__(?P<shape>\w+)$")


def declared() -> dict[str, list[str]]:
    return yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]["providers"]


@pytest.fixture(scope="module")
def shapes(compiled: Callable[[str], str]) -> dict[str, dict[str, str]]:
    text = compiled(
        "[{% for shape in var('providers') %}[\"{{ shape }}\", {{ tojson(shape_columns(shape)) }}]"
        "{{ ',' if not loop.last }}{% endfor %}]"
    )
    return dict(json.loads(text))


def test_the_list_names_the_models_that_exist(manifest: dict[str, Any]) -> None:
    found = defaultdict(set)
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and (match := NAME.match(node["name"])):
            found[match["shape"]].add(match["vendor"])
    assert {shape: set(vendors) for shape, vendors in declared().items()} == dict(found)


def test_no_vendor_stands_twice() -> None:
    assert [shape for shape, vendors in declared().items() if len(vendors) != len(set(vendors))] == []


def test_every_provider_gives_every_column(empty_shop: EmptyShop, shapes: dict[str, dict[str, str]]) -> None:
    given = defaultdict(set)
    for table, column in empty_shop.query(
        "select table_name, column_name from information_schema.columns where table_schema = 'shapes'"
    ):
        given[table].add(column)
    wrong = {
        f"shp_{vendor}__{shape}": given[f"shp_{vendor}__{shape}"] ^ set(shapes[shape])
        for shape, vendors in declared().items()
        for vendor in vendors
        if given[f"shp_{vendor}__{shape}"] != set(shapes[shape])
    }
    assert not wrong


def test_exchanged_columns_stay_apart(compiled: Callable[[str], str], shapes: dict[str, dict[str, str]]) -> None:
    """A provider whose columns stand in another order: e-mail and phone must not change places."""
    columns = list(shapes["identifiers"])
    text = compiled("{{ union_shape('identifiers') }}")
    with duckdb.connect() as connection:
        for number, vendor in enumerate(declared()["identifiers"]):
            order = columns if number == 0 else columns[::-1]
            values = ", ".join(
                f"cast({'null' if shapes['identifiers'][name] == 'timestamp' else repr(name)} as string) as {name}"
                for name in order
            )
            text = re.sub(rf'"\w+"\."\w+"\."shp_{vendor}__identifiers"', f"(select {values}) as v{number}", text)
        rows = connection.execute(text)
        names = [column[0] for column in rows.description]
        assert names == columns
        for row in rows.fetchall():
            assert all(given in (None, name) for name, given in zip(names, row, strict=True))
