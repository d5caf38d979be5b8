"""Reads the world's Parquet tables as a vendor would show them at a moment.

A table with ``version`` shows for each key the highest version whose ``updated_at`` has come; one without shows the
rows whose ``revealed_at`` has come. Times come out as naive UTC microseconds.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa


class Tables:
    """The folder of one world, one Parquet file a table."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._connection = duckdb.connect(":memory:", config={"threads": "2"})
        self._connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
        self._lock = threading.Lock()

    def path(self, table: str) -> str:
        return str(self.folder / f"{table}.parquet")

    def columns(self, table: str) -> list[str]:
        """The table's columns; empty if the world has no such table."""
        if not (self.folder / f"{table}.parquet").exists():
            return []
        with self._lock:
            described = self._connection.execute("describe select * from read_parquet($1)", [self.path(table)])
            return [row[0] for row in described.fetchall()]

    def arrow(self, query: str, values: dict[str, object] | None = None) -> pa.Table:
        """Run a query in which ``{table}`` stands for nothing: name files by ``path()``."""
        with self._lock:
            return self._connection.execute(query, values or {}).to_arrow_table()

    def visible(self, table: str, key: str, now: datetime, order_by: str | None = None) -> pa.Table:
        """The rows shown at ``now``, ordered by ``order_by`` (default: the key)."""
        columns = self.columns(table)
        conditions, latest = [], ""
        if "revealed_at" in columns:
            conditions.append("revealed_at <= $now")
        if "version" in columns:
            conditions.append("updated_at <= $now")
            latest = f"qualify row_number() over (partition by {key} order by version desc nulls last) = 1"
        where = f"where {' and '.join(conditions)}" if conditions else ""
        query = f"select * from read_parquet($path) {where} {latest} order by {order_by or key} nulls last"
        values: dict[str, object] = {"path": self.path(table)}
        if conditions:
            values["now"] = now.astimezone(UTC).replace(tzinfo=None)
        return self.arrow(query, values)
