"""The identity models' compiled SQL in a DuckDB of its own, run build by build on rows that a test makes up.

dbt takes seconds a build, this some hundredths: enough for random histories. Tables start with the columns and types that
dbt gave them in the empty shop.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from warehouse.dbt_functions import register

LAYER = "warehouse.intermediate"
FROM_EDGES = [
    *(f"int_identity__contraction_{number}" for number in range(1, 7)),
    "int_identity__connected_records",
    "int_identity__conflicts",
    "int_identity__parts",
    "int_identity__components",
    "int_identity__cut_edges",
]
FROM_IDENTIFIERS = [
    "int_identity__rules",
    "int_identity__record_names",
    "int_identity__identifier_names",
    "int_identity__refused_identifiers",
    "int_identity__guarded_identifiers",
    "int_identity__record_identifiers",
    "int_identity__manual_links",
    "int_identity__edges",
    *FROM_EDGES,
]
VIEWS = ["int_identity__record_names", "int_identity__record_identifiers", "int_identity__components"]
FROM_RECORDS = ["int_identity__rules", "int_identity__manual_links", "int_identity__edges", *FROM_EDGES]
MAP = "int_identity__customer_map"
HISTORY = re.compile(r"(history as \(\n).*?(\n\),\n\nthis_build as)", re.DOTALL)


class IdentityChain:
    """``build`` makes the tables anew; the customer map is appended to, as its model is."""

    def __init__(self, compiled: Path, shop: Path) -> None:
        self.connection = duckdb.connect()
        self.sql = {path.stem: path.read_text() for path in compiled.rglob("intermediate/identity/*.sql")}
        self.sql[MAP] = HISTORY.sub(
            rf"\1 select record_key, customer_id, assignment_number from {LAYER}.{MAP} \2", self.sql[MAP]
        )
        register(self.connection)
        self.connection.execute("set TimeZone = 'UTC'; set threads = 1")
        self.connection.execute(f"attach ':memory:' as warehouse; attach '{shop}' as shop (read_only)")
        for schema, table in self.connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'shop' "
            "and (schema_name = 'seeds' or table_name like 'int_identity%' or table_name = 'int_as_of')"
        ).fetchall():
            self.connection.execute(f"create schema if not exists warehouse.{schema}")
            self.connection.execute(f"create table warehouse.{schema}.{table} as from shop.{schema}.{table}")
        self.connection.execute("detach shop")
        self.build(VIEWS)  # as tables, so that rows can be put in their place

    def load(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace the rows of ``<schema>.<table>``; columns that a row lacks are null."""
        self.connection.execute(f"delete from warehouse.{table}")
        if given := pa.Table.from_pylist(list(rows)):
            self.connection.register("given", given)
            self.connection.execute(f"insert into warehouse.{table} by name select * from given")

    def build(self, models: Sequence[str] = FROM_RECORDS) -> None:
        for model in models:
            self.connection.execute(f"create or replace table {LAYER}.{model} as {self.sql[model]}")

    def assign(self) -> None:
        """One build's rows of the customer map."""
        columns = "record_key, customer_id, previous_customer_id, change_type, cause_match_rule, assignment_number, assigned_at, valid_from"
        self.connection.execute(f"insert into {LAYER}.{MAP} by name select {columns} from ({self.sql[MAP]})")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def customers(self) -> dict[str, str]:
        """record_key -> customer_id in force."""
        return dict(
            self.rows(
                f"select record_key, customer_id from {LAYER}.{MAP} semi join {LAYER}.int_identity__records "
                "using (record_key) "
                "qualify row_number() over (partition by record_key order by assignment_number desc) = 1"
            )
        )
