"""A content hash per table: equal when the same rows are there, in whatever order.

Each row becomes one text (columns by name, a null kept apart from an empty text), its MD5 gives a number, and the sum
of the numbers with the row count is the table's hash. A sum does not care for order, and unlike XOR it sees a row that
is there twice. MD5 rather than DuckDB's ``hash()``: the latter may change between versions. Columns that say when or by
which run a row was written do not count.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import duckdb

IGNORED = frozenset({"_loaded_at", "_built_at", "build_id"})
SEPARATOR = "chr(31)"
NULL = "chr(30)"


@dataclass(frozen=True)
class TableContent:
    """Row count and hash (32 hex digits) of one table."""

    rows: int
    content_hash: str


def quoted(*names: str) -> str:
    """A name as SQL wants it: ``"schema"."table"``."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def columns_of(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    """Name and type of the columns of a relation, in its own order."""
    described = connection.execute(f"describe select * from {relation}").fetchall()
    return [(str(name), str(kind)) for name, kind, *_ in described]


def content_of(connection: duckdb.DuckDBPyConnection, relation: str) -> TableContent:
    """Count and hash of a relation (already quoted, e.g. ``quoted("marts", "fct_orders")``)."""
    counted = sorted((name, kind) for name, kind in columns_of(connection, relation) if name not in IGNORED)
    texts = ", ".join(f"coalesce(cast({quoted(name)} as varchar), {NULL})" for name, _ in counted)
    row_text = f"concat_ws({SEPARATOR}, {texts})" if counted else "''"
    found = connection.execute(
        f"select count(*), cast(coalesce(sum(cast(md5_number_lower({row_text}) as hugeint)), 0) as varchar) "
        f"from {relation}"
    ).fetchone()
    if found is None:
        raise RuntimeError(f"Counting {relation} gave no row")
    rows, total = int(found[0]), str(found[1])
    whole = "\n".join([*(f"{name} {kind}" for name, kind in counted), str(rows), total])
    return TableContent(rows, hashlib.md5(whole.encode(), usedforsecurity=False).hexdigest())


def hashes(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, TableContent]:
    """Count and hash of every table of one schema of the connection's own database."""
    tables = connection.execute(
        "select table_name from information_schema.tables where table_catalog = current_database() "
        "and table_schema = ? order by table_name nulls last",
        [schema],
    ).fetchall()
    return {str(name): content_of(connection, quoted(schema, str(name))) for (name,) in tables}
