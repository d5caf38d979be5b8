"""What of a page is news: vendors give a record a new time of change for things that are not landed.

A login, a note of the staff, a field of somebody else's - and whatever activation writes to the vendor - move a
customer's ``updated_at``. Landed again, such a record would count as the newest word on a name or an address that
nobody touched, and each sync would make the next run's marts. So a version of a record is landed only if it differs
from what is landed in more than the columns that its table says are no news (``Table.not_news``).

It is compared with the raw rows themselves, not with a memory of them: what was taken out of the warehouse comes back,
and what a failed load did not bring is still news. A first reading and a backfill are landed as they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

import selvage
from ingestion.position import Position
from ingestion.tables import Table, query
from warehouse.lock import write_lock


def news(position: Position, vendor: str, tables: Sequence[Table], page: pa.Table) -> pa.Table:
    """``page`` without the lines of which all rows are in ``raw_<vendor>`` already, but for their times of change.

    A line is judged by all ``tables`` that it fills: if one row of it is news, all its rows are landed, so that they
    bear the same time. Lines of kinds whose tables do not say what is no news stay. What vanished from a line is news
    only if a column tells of it (the ids of a user's identities).
    """
    judged = {table.kind for table in tables if table.not_news}
    if not judged or not position.goes_on:
        return page
    is_judged = pc.is_in(page["kind"], pa.array(sorted(judged)))
    lines = page.filter(is_judged)
    changed: set[str] = set()
    for table in tables:
        if table.kind in judged:
            changed |= _changed(vendor, table, lines)
    return page.filter(pc.or_(pc.invert(is_judged), pc.is_in(page["gid"], pa.array(sorted(changed), pa.string()))))


def _changed(vendor: str, table: Table, lines: pa.Table) -> set[str]:
    """The lines with a row in ``table`` that is not landed as it is."""
    names = [column.name for column in table.columns if column.name not in table.not_news]
    found = query(table.select("gid as line"), page=lines)
    landed = _landed(vendor, table, names, found.select([table.key]))
    if landed is None:
        return set(found["line"].to_pylist())
    same = " and ".join(f"found.{name} is not distinct from landed.{name}" for name in names if name != table.key)
    return set(
        query(
            f"select distinct line from found anti join landed on found.{table.key} = landed.{table.key} and {same}",
            found=found,
            landed=landed,
        )["line"].to_pylist()
    )


def _landed(vendor: str, table: Table, names: Iterable[str], keys: pa.Table) -> pa.Table | None:
    """What is landed under ``keys``; None if the raw table, or one of the columns, is not there yet."""
    warehouse = selvage.settings().warehouse
    if not warehouse.exists():
        return None
    with write_lock(f"comparing with raw_{vendor}"), duckdb.connect(str(warehouse)) as connection:
        there = connection.execute(
            "select column_name from duckdb_columns() where schema_name = ? and table_name = ?",
            [f"raw_{vendor}", table.name],
        ).fetchall()
        if not {*names} <= {name for (name,) in there}:
            return None
        connection.register("keys", keys)
        chosen = f"{table.key} in (select {table.key} from keys)"
        return connection.execute(
            f"select {', '.join(names)} from raw_{vendor}.{table.name} where {chosen}"
        ).to_arrow_table()
