"""What Google may hold of each customer: the identifiers it was told, kept until their removal is done.

Google knows no ids of ours and shows no member, so a person can only be removed by the hashes they were sent under,
however much has changed or been erased here since. These are written down before they are sent (a killed run may have
sent them) and deleted once Google has taken them off; they are personal data, so they stay out of the ledger, which
readers see, in a private file of the home folder. Beside them: which customers a request carried, in what order, since
Google names rows by their place.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import orjson

Pair = tuple[str, str]
"""(customer_id, identifier as JSON text)."""

TABLES = (
    """create table if not exists identifiers (
        audience text not null, customer_id text not null, identifier text not null,
        primary key (audience, customer_id, identifier)) without rowid""",
    "create index if not exists by_identifier on identifiers (audience, identifier)",
    """create table if not exists requests (
        request_id text primary key, audience text not null, verb text not null, customers blob not null,
        noted_at real not null)""",
)
KEEP_SECONDS = 30 * 86_400


class Told:
    """The file as one audience sees it. The caller holds the destination's lock."""

    def __init__(self, path: Path, audience: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._connection = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._audience = audience
        for table in TABLES:
            self._connection.execute(table)
        self._connection.execute("pragma secure_delete = on")
        self._connection.execute("delete from requests where noted_at < ?", (time.time() - KEEP_SECONDS,))
        self._connection.execute("create temp table chosen (value text primary key) without rowid")

    def identifiers(self, customer_ids: Iterable[str]) -> dict[str, list[str]]:
        """Customer -> identifiers, of those who have any."""
        return self._grouped("chosen.value = identifiers.customer_id", customer_ids)

    def sharing(self, identifiers: Iterable[str], except_for: Collection[str]) -> dict[str, list[str]]:
        """Other customers who were told under any of these -> all their identifiers."""
        self._choose(identifiers)
        found = self._connection.execute(
            "select distinct customer_id from identifiers join chosen on chosen.value = identifier where audience = ?",
            (self._audience,),
        ).fetchall()
        return self.identifiers(customer for (customer,) in found if customer not in except_for)

    def note(self, told: Mapping[str, Sequence[str]]) -> set[Pair]:
        """Before sending. Returns what was not there yet."""
        known = self.identifiers(told)
        new = {(customer, one) for customer, ones in told.items() for one in ones if one not in known.get(customer, ())}
        self._write("insert or ignore into identifiers values (?, ?, ?)", new)
        return new

    def forget(self, pairs: Iterable[Pair]) -> None:
        self._write("delete from identifiers where audience = ? and customer_id = ? and identifier = ?", pairs)

    def forget_customers(self, customer_ids: Iterable[str]) -> None:
        self._write(
            "delete from identifiers where audience = ? and customer_id = ?", ((name,) for name in customer_ids)
        )

    def note_request(self, request_id: str, verb: str, customer_ids: Sequence[str]) -> None:
        """As soon as Google names the request; ``customer_ids`` in the order of its rows."""
        self._connection.execute(
            "insert or replace into requests values (?, ?, ?, ?, ?)",
            (request_id, self._audience, verb, orjson.dumps(list(customer_ids)), time.time()),
        )

    def request(self, request_id: str) -> tuple[str, list[str]] | None:
        """(verb, customers in the order of the rows); None if it was never noted, or long ago."""
        found = self._connection.execute(
            "select verb, customers from requests where request_id = ?", (request_id,)
        ).fetchone()
        return (found[0], orjson.loads(found[1])) if found else None

    def _grouped(self, join: str, values: Iterable[str]) -> dict[str, list[str]]:
        self._choose(values)
        found: dict[str, list[str]] = {}
        for customer, one in self._connection.execute(
            f"select customer_id, identifier from identifiers join chosen on {join} where audience = ? "
            "order by customer_id, identifier",
            (self._audience,),
        ):
            found.setdefault(customer, []).append(one)
        return found

    def _choose(self, values: Iterable[str]) -> None:
        chosen = [(value,) for value in values]
        self._connection.execute("begin")
        self._connection.execute("delete from chosen")
        self._connection.executemany("insert or ignore into chosen values (?)", chosen)
        self._connection.execute("commit")

    def _write(self, statement: str, rows: Iterable[tuple[str, ...]]) -> None:
        self._connection.execute("begin immediate")
        self._connection.executemany(statement, ((self._audience, *row) for row in rows))
        self._connection.execute("commit")
