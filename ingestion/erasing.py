"""Takes out of the raw tables what a vendor deleted, and what a person had erased.

A load can't do it: dlt merges rows, and an object that is gone has none. So it is done by SQL under the write lock, in
one transaction, and doing it twice changes nothing. What was redacted is redacted again after every load of the
vendor, before the lock is given back: a backfill, or rows that a run had read before, must not bring it back.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

import selvage
from ingestion import discovery
from ingestion.deliveries import Delivery, Mailbox
from warehouse.lock import write_lock

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Erasure:
    """Rows of a raw table that go, or only their columns ``blank``. ``where`` has one ``?``: the list ``values``."""

    table: str
    where: str
    values: Sequence[str]
    blank: tuple[str, ...] = ()


def redact_again(vendor: str) -> None:
    """What this vendor had redacted so far; the write lock is held by who loads."""
    said = Mailbox(vendor).redacted()
    if said:
        erase(vendor, (), said)


def erase(vendor: str, gone: Iterable[str], said: Iterable[Delivery]) -> int:
    """Delete the objects ``gone`` and redact what the deliveries ``said``; how many rows were touched."""
    home = selvage.settings()
    erasures: list[Erasure] = discovery.sources()[vendor].erasures(gone, said)
    if not home.warehouse.exists() or not erasures:
        return 0
    with write_lock(f"erasing from raw_{vendor}"), duckdb.connect(str(home.warehouse)) as connection:
        there: dict[str, set[str]] = {}
        for table, column in connection.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = ?", [f"raw_{vendor}"]
        ).fetchall():
            there.setdefault(table, set()).add(column)
        connection.begin()
        touched = sum(_run(connection, vendor, one, there) for one in erasures if one.table in there)
        connection.commit()
    if touched:
        log.info("%s: %s rows deleted or redacted", vendor, f"{touched:,}")
    return touched


def _run(connection: duckdb.DuckDBPyConnection, vendor: str, one: Erasure, there: Mapping[str, set[str]]) -> int:
    name, blank = f"raw_{vendor}.{one.table}", [column for column in one.blank if column in there[one.table]]
    if blank:
        nulls = ", ".join(f"{column} = null" for column in blank)
        text = f"update {name} set {nulls} where {one.where} and coalesce({', '.join(blank)}) is not null"
    elif one.blank:
        return 0
    else:
        text = f"delete from {name} where {one.where}"
    (count,) = connection.execute(text, [list(one.values)]).fetchone() or (0,)
    return int(count)
