"""A home of its own for every test, and a toy warehouse with the manifest that would describe it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

import selvage

ROWS = 2_000


@dataclass
class Shared:
    """A home for several tests: the dbt project is parsed there once."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        return {"SELVAGE_HOME": str(self.root), "SELVAGE_ENV": "sandbox", "SELVAGE_BRAND": "demo", **self.environment}

    @contextmanager
    def entered(self) -> Iterator[Path]:
        """This process's environment is that of the home for the block."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.variables.items():
                patch.setenv(name, value)
            yield selvage.settings().home

    @property
    def brand(self) -> selvage.Brand:
        return selvage.load_brand("demo")


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    return Shared(tmp_path_factory.mktemp("shared"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home of the sandbox's demo brand."""
    for name in ("SELVAGE_ENV", "SELVAGE_BRAND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SELVAGE_HOME", str(tmp_path))
    return selvage.settings().home


def node(schema: str, name: str, **config: Any) -> dict[str, Any]:
    """A model as a dbt manifest tells it, in the words that publishing reads."""
    return {
        "resource_type": "model",
        "name": name,
        "alias": name,
        "schema": schema,
        "description": f"One row per {name}.",
        "config": {"materialized": "table", "tags": [], "meta": {}, **config},
    }


@pytest.fixture
def toy_manifest() -> dict[str, Any]:
    routing = {"destinations": {"klaviyo": {"purpose": "marketing", "channel": "email"}}, "mode": "mirror"}
    nodes = [
        node("marts", "fct_orders"),
        node("marts", "dim_customers"),
        node("marts", "fct_sync_records", tags=["sync"]),
        node("intermediate", "int_as_of"),
        node("intermediate", "int_secret"),
        node("audiences", "aud_buyers", meta={"activation": routing, "dagster": {"owners": ["team:marketing"]}}),
        node("activation", "act_contact_points"),
        node("activation", "act_suppressions"),
    ]
    return {"nodes": {f"model.selvage.{each['name']}": each for each in nodes}}


Fill = Callable[[int], None]


@pytest.fixture
def fill(home: Path) -> Fill:
    """Builds the toy warehouse; the number goes into every row, so that two builds can be told apart."""

    def build(generation: int) -> None:
        with duckdb.connect(str(selvage.settings().warehouse)) as connection:
            for schema in ("marts", "intermediate", "audiences", "activation"):
                connection.execute(f"create schema if not exists {schema}")
            connection.execute(
                f"create or replace table marts.fct_orders as select range as order_key, {generation} as generation, "
                f"cast(range as decimal(18, 4)) as net_sales_amount from range({ROWS})"
            )
            connection.execute(
                f"create or replace table marts.dim_customers as select range as customer_id, {generation} as "
                f"generation from range({ROWS // 2})"
            )
            connection.execute(
                "create or replace table intermediate.int_as_of as select timestamp '2026-06-29' as as_of"
            )
            connection.execute("create or replace table intermediate.int_secret as select 'ana@example.com' as email")
            connection.execute("create or replace table audiences.aud_buyers as select 'c_1' as customer_id")
            connection.execute(
                "create or replace table activation.act_contact_points as select 'c_1' as customer_id, "
                "'ana@example.com' as email"
            )
            connection.execute("create or replace table activation.act_suppressions as select 'c_2' as customer_id")

    return build
