"""The hashes under which customers were told to a platform that knows people by hashes alone.

Such a platform has no customer ids and shows no members, so whoever shall leave it must be named by the very hashes
they came with, also when their address has changed or was erased since. The ledger keeps no hash of an address, since
it is never rewritten; this file forgets a customer's hashes as soon as the platform has.

``ledger/<destination>/told.sqlite`` is written before a batch is sent: what may have arrived is in it. It also keeps
the platform's id of each audience, for platforms on which names are not unique. The caller holds the destination's
lock.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import orjson

Cell = tuple[str, str]
"""Key type as the platform names it, and the hash."""

_TABLES = (
    "create table if not exists audiences (audience text primary key, remote_id text)",
    """create table if not exists cells (
        audience text not null, customer_id text not null, key text not null, hash text not null,
        primary key (audience, customer_id, key, hash)) without rowid""",
    "create index if not exists cells_by_hash on cells (audience, key, hash)",
)
_SOLE = """
select cells.customer_id, cells.key, cells.hash
from cells
where
    cells.audience = :audience
    and cells.customer_id in (select value from json_each(:customers))
    and not exists (
        select 1
        from cells as others
        where
            others.audience = cells.audience and others.key = cells.key and others.hash = cells.hash
            and others.customer_id not in (select value from json_each(:customers))
    )
order by cells.customer_id, cells.key, cells.hash
"""


class Told:
    """One destination's file; made when first needed, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        with closing(self._open()) as connection, connection:
            for table in _TABLES:
                connection.execute(table)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path)
        connection.execute("pragma secure_delete = on")  # what is forgotten is overwritten, not only unlinked
        return connection

    def is_begun(self, audience: str) -> bool:
        """Whether we have ever set out to make this audience over there."""
        return bool(self._rows("select 1 from audiences where audience = ?", audience))

    def remote_id(self, audience: str) -> str | None:
        """The platform's id of the audience, if it was made and its id arrived."""
        rows = self._rows("select remote_id from audiences where audience = ?", audience)
        return str(rows[0][0]) if rows and rows[0][0] is not None else None

    def begin(self, audience: str, remote_id: str | None = None) -> None:
        """Note that the audience is about to be made, or under which id it was."""
        with closing(self._open()) as connection, connection:
            connection.execute("insert or replace into audiences values (?, ?)", (audience, remote_id))

    def forget(self, audience: str) -> None:
        """The audience is no more, nor is anybody in it."""
        with closing(self._open()) as connection, connection:
            for table in ("cells", "audiences"):
                connection.execute(f"delete from {table} where audience = ?", (audience,))

    def note(self, audience: str, cells: Mapping[str, Iterable[Cell]]) -> list[tuple[str, Cell]]:
        """Before sending: these customers are about to be told by these cells. Returns what was not noted before."""
        known = {(customer, cell) for customer, found in self.cells(audience, cells).items() for cell in found}
        fresh = [(name, cell) for name, given in cells.items() for cell in given if (name, cell) not in known]
        with closing(self._open()) as connection, connection:
            connection.executemany(
                "insert into cells values (?, ?, ?, ?)", ((audience, name, *cell) for name, cell in fresh)
            )
        return fresh

    def unnote(self, audience: str, cells: Iterable[tuple[str, Cell]]) -> None:
        """The platform refused them."""
        with closing(self._open()) as connection, connection:
            connection.executemany(
                "delete from cells where audience = ? and customer_id = ? and key = ? and hash = ?",
                ((audience, name, *cell) for name, cell in cells),
            )

    def cells(self, audience: str, customers: Iterable[str]) -> dict[str, list[Cell]]:
        """Customer -> all cells by which the platform may know them; customers without any are left out."""
        rows = self._rows(
            "select customer_id, key, hash from cells where audience = ? "
            "and customer_id in (select value from json_each(?)) order by customer_id, key, hash",
            audience,
            _json(customers),
        )
        return _grouped(rows)

    def sole_cells(self, audience: str, customers: Iterable[str]) -> dict[str, list[Cell]]:
        """The same, without those by which somebody else is a member too (one address, two customers)."""
        with closing(self._open()) as connection:
            given = {"audience": audience, "customers": _json(customers)}
            return _grouped(connection.execute(_SOLE, given).fetchall())

    def drop(self, audience: str, customers: Iterable[str]) -> None:
        """The platform has forgotten them."""
        with closing(self._open()) as connection, connection:
            connection.execute(
                "delete from cells where audience = ? and customer_id in (select value from json_each(?))",
                (audience, _json(customers)),
            )

    def count(self, audience: str) -> int:
        """How many customers the platform may know."""
        ((found,),) = self._rows("select count(distinct customer_id) from cells where audience = ?", audience)
        return int(found or 0)

    def _rows(self, statement: str, *values: str) -> list[tuple[str | int | None, ...]]:
        with closing(self._open()) as connection:
            return connection.execute(statement, values).fetchall()


def _json(customers: Iterable[str]) -> str:
    return orjson.dumps(list(customers)).decode()


def _grouped(rows: Sequence[Sequence[object]]) -> dict[str, list[Cell]]:
    found: dict[str, list[Cell]] = {}
    for customer, key, value in rows:
        found.setdefault(str(customer), []).append((str(key), str(value)))
    return found
