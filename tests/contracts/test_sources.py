"""What every source keeps to, whoever wrote it; a new module of ingestion/sources is tested without being named."""

# ruff: noqa: DTZ001 - our times are UTC without zone
from __future__ import annotations

import inspect
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

import selvage
from activation import discovery
from ingestion import sources_page
from ingestion.discovery import sources
from ingestion.window import Window

STAGING = selvage.ROOT / "dbt_project" / "models" / "staging"
TYPES = {"text": "string", "bigint": "bigint", "bool": "boolean", "timestamp": "timestamp"}
VENDORS = sorted(sources())


@pytest.fixture
def module(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A source, where nothing is set and nothing can be reached."""
    monkeypatch.setenv("SELVAGE_ENV", "prod")
    monkeypatch.setenv("SELVAGE_HOME", str(tmp_path))

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a source must not reach for the network before it is read")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return sources()[request.param]


@pytest.mark.parametrize("module", VENDORS, indirect=True)
def test_says_what_it_is(module: ModuleType) -> None:
    assert module.__doc__
    assert isinstance(module.DESCRIPTION, str)
    assert module.DESCRIPTION.endswith(".")
    assert module.KINDS
    assert module.FRESHNESS is None or isinstance(module.FRESHNESS, timedelta)
    assert all(default is selvage.REQUIRED or isinstance(default, str) for default in module.SETTINGS.values())


@pytest.mark.parametrize("module", VENDORS, indirect=True)
def test_its_version_is_a_setting_with_days_left(module: ModuleType) -> None:
    vendor, version = module.__name__.rpartition(".")[2], module.VERSION
    if version is None:
        assert "base_url" not in module.SETTINGS, "an API has a version"
        return
    assert module.SETTINGS[version.setting] == version.name
    ending = version.warning(vendor, version.name, datetime.now(UTC).date())
    assert ending is None, ending
    assert inspect.getsource(module).count(f'"{version.name}"') == 1, "it is written once, and reached by the settings"
    if vendor in discovery.names():
        assert version == discovery.find(vendor).VERSION, "one setting holds the version of both"


@pytest.mark.parametrize("module", VENDORS, indirect=True)
def test_lists_its_tables_without_credentials(module: ModuleType) -> None:
    source = module.source()
    assert source.selected_resources
    assert source.name == module.__name__.rpartition(".")[2]
    window = Window(start=_day(1), end=_day(2))
    assert set(module.source(window=window).selected_resources) == set(source.selected_resources)


@pytest.mark.parametrize("module", VENDORS, indirect=True)
def test_declares_keys_and_no_floats(module: ModuleType) -> None:
    for name, resource in module.source().selected_resources.items():
        table = resource.compute_table_schema()
        columns = table["columns"]
        if not columns:
            continue  # its tables are named by what is dropped
        assert any(column.get("primary_key") or column.get("merge_key") for column in columns.values()), name
        assert [column["name"] for column in columns.values() if column.get("data_type") == "double"] == [], name
        money = [name for name in columns if name.endswith(("_amount", "_price", "price", "_cost"))]
        assert all(columns[name]["data_type"] == "decimal" for name in money), name


@pytest.mark.parametrize("module", VENDORS, indirect=True)
def test_raw_tables_are_those_that_dbt_declares(module: ModuleType) -> None:
    vendor = module.__name__.rpartition(".")[2]
    folder = STAGING / vendor
    if vendor == "files":
        pytest.skip("its tables are named by what is dropped")
    declared = _declared(folder, f"raw_{vendor}")
    landed = {}
    for resource in module.source().selected_resources.values():
        table = resource.compute_table_schema()
        if not table["name"].startswith("_"):
            landed[table["name"]] = [
                *((c["name"], _type(c)) for c in table["columns"].values()),
                ("_dlt_load_id", "string"),
            ]
    assert set(declared) - {"_quarantine"} == set(landed)
    for name, columns in landed.items():
        assert sorted(columns) == sorted(declared[name]), name


@pytest.mark.parametrize("module", VENDORS, indirect=True)
def test_says_how_it_reads_and_what_it_does_not(module: ModuleType) -> None:
    tables = {
        name: resource.compute_table_schema()["columns"]
        for name, resource in module.source().selected_resources.items()
        if not name.startswith("_")
    }
    assert set(module.READ_BY) == set(tables)
    for name, read in module.READ_BY.items():
        assert not read.cursor or read.cursor in tables[name] or not tables[name], name
        assert not read.of or (read.of in tables and not module.READ_BY[read.of].of and not read.cursor), name
        assert not isinstance(read.look_back, str) or int(module.SETTINGS[read.look_back]) > 0, name
    assert all(what and why for what, why in module.NOT_READ.items())
    assert module.NOT_READ


def test_the_page_of_all_sources_is_what_they_say() -> None:
    page = (selvage.ROOT / "docs" / "sources.md").read_text()
    assert page == sources_page.text(), "write it anew: .venv/bin/python -m ingestion docs > docs/sources.md"


def _declared(folder: Path, schema: str) -> dict[str, list[tuple[str, str]]]:
    found = {}
    for file in folder.glob("*.yml"):
        for source in yaml.safe_load(file.read_text()).get("sources", []):
            if source["schema"] == schema:
                for table in source["tables"]:
                    columns = [(column["name"], column["data_type"].lower()) for column in table["columns"]]
                    found[table.get("identifier", table["name"])] = columns
    return found


def _type(column: Any) -> str:
    if column["data_type"] == "decimal":
        return f"decimal({column['precision']},{column['scale']})"
    return TYPES[column["data_type"]]


def _day(number: int) -> Any:
    return datetime(2026, 6, number)
