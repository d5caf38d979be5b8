"""A mart that is a view is published as that view, over copies of the tables it reads.

So nine attribution models, told as a row each, are stored once. Tables that are no marts themselves lie in the copy's
schema ``stored``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import duckdb

from warehouse.content_hash import quoted

STORED = "stored"


class PublishError(RuntimeError):
    """Nothing was published; the copies are those of the last green build."""


def copy_view(connection: duckdb.DuckDBPyConnection, schema: str, name: str, reads: Iterable[tuple[str, str]]) -> None:
    """Make ``name`` in the connection's own database as the attached ``warehouse`` has it in ``schema``.

    ``reads``: schema and name of the relations that it reads; marts of these must be there already, the others are
    copied, unless another view did it. Raises PublishError where the view reads any other.
    """
    found = connection.execute(
        "select sql from duckdb_views() where database_name = 'warehouse' and schema_name = ? and view_name = ?",
        [schema, name],
    ).fetchone()
    if found is None:
        raise PublishError(f"{name} is no view of the warehouse; build it again.")
    _, _, query = str(found[0]).partition(" AS ")
    for parent_schema, parent in reads:
        home = "main" if parent_schema == schema else STORED
        if home == STORED:
            connection.execute(f"create schema if not exists {STORED}")
            source = quoted("warehouse", parent_schema, parent)
            connection.execute(f"create table if not exists {quoted(STORED, parent)} as from {source}")
        query = re.sub(
            rf'"?\bwarehouse"?\."?{re.escape(parent_schema)}"?\."?{re.escape(parent)}\b"?', quoted(home, parent), query
        )
    try:
        if re.search(r'\bwarehouse"?\.', query):
            raise PublishError(f"{name} reads a relation that is not published with it.")
        connection.execute(f"create or replace view {quoted(name)} as {query}")
    except duckdb.CatalogException:
        raise PublishError(f"{name} reads a relation that is not published with it.") from None


def is_view(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> bool:
    """Whether the attached ``warehouse`` has this relation as a view."""
    found = connection.execute(
        "select 1 from duckdb_views() where database_name = 'warehouse' and schema_name = ? and view_name = ?",
        [schema, name],
    ).fetchone()
    return found is not None
