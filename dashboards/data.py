"""The published marts, open to read: one connection for each file that was published, a cursor for each query.

``published/marts.duckdb`` is swapped by a rename, so a connection goes on reading the file it opened. The cache is
therefore keyed on the file's inode and time of change. That alone is not enough: DuckDB hands a process that opens a
path twice the database it has open already, the old one. So each connection is an in-memory database of its own to
which the file is attached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import streamlit as st

import selvage

QUERIES = Path(__file__).with_name("queries")


@dataclass(frozen=True)
class Build:
    """Which build the published file holds, its times in UTC without zone, and the rows of each mart."""

    build_id: str
    as_of: datetime | None
    published_at: datetime
    rows: Mapping[str, int]


@dataclass(frozen=True)
class Marts:
    """One published file; a page that holds it sees one build from its first figure to its last."""

    connection: duckdb.DuckDBPyConnection
    build: Build
    columns: Mapping[str, frozenset[str]]
    brand: selvage.Brand

    @property
    def zone(self) -> ZoneInfo:
        """The brand's reporting time zone, in which the marts' days are cut."""
        return ZoneInfo(self.brand.reporting_timezone)

    @property
    def last_date(self) -> date | None:
        """The reporting day up to which the marts know something; it may be under way."""
        return local(self.build.as_of, self.zone).date() if self.build.as_of else None

    def has_rows(self, *marts: str) -> bool:
        """Whether all these marts are published and hold something."""
        return all(self.build.rows.get(mart, 0) > 0 for mart in marts)

    def frame(self, query: str, **values: Any) -> pd.DataFrame:
        """The rows of ``queries/<query>.sql``, for charts and tables.

        Money is summed as decimal in SQL; here, on its way to the screen, it becomes a float. Times are moved to the
        reporting time zone and lose it.
        """
        frame = self._cursor(query, values).df()
        for name in frame.columns:
            if name.endswith("_at"):
                moved = pd.to_datetime(frame[name]).dt.tz_localize("UTC").dt.tz_convert(self.zone)
                frame[name] = moved.dt.tz_localize(None)
        return frame

    def row(self, query: str, **values: Any) -> dict[str, Any]:
        """The one row of a query by column, money as Decimal, times in UTC; empty if there is none."""
        cursor = self._cursor(query, values)
        names = [column[0] for column in cursor.description or []]
        found = cursor.fetchone()
        return dict(zip(names, found, strict=True)) if found else {}

    def _cursor(self, query: str, values: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
        cursor = self.connection.cursor()
        cursor.execute("use published")
        return cursor.execute(_text(query), dict(values))


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """A time in UTC without zone, told in a zone."""
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)


def published() -> Marts | None:
    """The marts as published now, or None before anything is."""
    settings = selvage.settings()
    try:
        found = settings.marts_file.stat()
    except FileNotFoundError:
        return None
    connection, build, columns = _opened(str(settings.marts_file), found.st_ino, found.st_mtime_ns)
    return Marts(connection, build, columns, settings.brand)


@st.cache_resource(max_entries=2, show_spinner=False)
def _opened(
    path: str,
    inode: int,  # noqa: ARG001  (part of the key)
    changed_at: int,  # noqa: ARG001
) -> tuple[duckdb.DuckDBPyConnection, Build, dict[str, frozenset[str]]]:
    # No extension is ever fetched from outside.
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    connection.execute(f"attach '{path.replace(chr(39), chr(39) * 2)}' as published (read_only)")
    listed = connection.execute(
        "select build_id, as_of, published_at, mart, row_count from published._build order by mart"
    ).fetchall()
    columns: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns() where database_name = 'published'"
    ).fetchall():
        columns.setdefault(table, set()).add(column)
    build_id, as_of, published_at = listed[0][:3]
    build = Build(build_id, as_of, published_at, {mart: rows for *_, mart, rows in listed})
    return connection, build, {table: frozenset(names) for table, names in columns.items()}


@cache
def _text(query: str) -> str:
    return (QUERIES / f"{query}.sql").read_text()
