"""Models of the project run on rows of a test's own: the SQL that dbt compiled on the road, on an empty warehouse.

No dbt command is needed, so a rule can be tried on many small worlds in milliseconds each.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa


@dataclass(frozen=True)
class BuiltSql:
    """``compiled``: the folder of a project's compiled SQL; ``connection``: a warehouse in memory to run it on."""

    compiled: Path
    connection: duckdb.DuckDBPyConnection

    def seed(self, warehouse: Path, *names: str) -> None:
        """Take seeds, as dbt loaded them, from a built warehouse."""
        self.connection.execute(f"attach '{warehouse}' as built (read_only)")
        for name in names:
            self.connection.execute(f"create or replace table seeds.{name} as from built.seeds.{name}")
        self.connection.execute("detach built")

    def table(self, name: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
        """A table of the intermediate schema; a column that a row does not name is null."""
        given = ", ".join(f"cast({column} as {kind}) as {column}" for column, kind in columns.items())
        values = pa.table({column: [row.get(column) for row in rows] for column in columns})
        self.connection.register("given_rows", values)
        self.connection.execute(f"create or replace table intermediate.{name} as select {given} from given_rows")
        self.connection.unregister("given_rows")

    def build(self, *models: str) -> None:
        """Run models in this order, each into its own schema."""
        for model in models:
            schema = "intermediate" if model.startswith("int_") else "marts"
            self.connection.execute(f"create or replace table {schema}.{model} as {self.sql(model)}")

    def sql(self, name: str) -> str:
        """The compiled SQL of a model or a singular test."""
        # A unit test compiles what it is given beside its YAML, under the names of the models.
        found = [path for path in self.compiled.rglob(f"{name}.sql") if path.parent.suffix != ".yml"]
        assert len(found) == 1, f"{name} was not compiled once: {found}"
        return found[0].read_text()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()


def needed(manifest: Path, wanted: Iterable[str], given: Container[str]) -> tuple[list[str], set[str]]:
    """What has to be built for these models, in an order that works, but for what is given; and their seeds."""
    nodes = json.loads(manifest.read_text())["nodes"].values()
    parents = {node["name"]: node["depends_on"]["nodes"] for node in nodes if node["resource_type"] == "model"}
    order: list[str] = []
    seeds: set[str] = set()

    def visit(name: str) -> None:
        if name in order or name in given:
            return
        for parent in parents[name]:
            kind, _, short = parent.split(".")[:3]
            if kind == "model":
                visit(short)
            elif kind == "seed":
                seeds.add(short)
        order.append(name)

    for name in wanted:
        visit(name)
    return order, seeds


@contextmanager
def built_sql(home: Path) -> Iterator[BuiltSql]:
    """An empty warehouse beside the SQL that the last build in this home compiled."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse")
        connection.execute("use warehouse")
        connection.execute("set TimeZone = 'UTC'")
        for schema in ("intermediate", "marts", "seeds"):
            connection.execute(f"create schema {schema}")
        yield BuiltSql(home / "dbt" / "build" / "compiled", connection)
