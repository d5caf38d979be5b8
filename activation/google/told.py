"""What Google was told, beyond the hashes themselves: who shares one, and whom each request carried.

Google counts the rows of a request and names them by their place, so the order in which customers were sent is kept
until the outcome is known, and for a while longer: a killed run's successor asks for it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import orjson

from activation.told import Cell, Told

KEEP_SECONDS = 30 * 86_400
_REQUESTS = """create table if not exists requests (
    request_id text primary key, verb text not null, customers text not null, noted_at real not null)"""
# Cross joins keep SQLite to this order, customer by customer through the indexes; its own choice is quadratic here.
_SHARERS = """
select distinct others.customer_id
from json_each(:customers) as gone
cross join cells on cells.audience = :audience and cells.customer_id = gone.value
cross join cells as others
    on others.audience = :audience and others.key = cells.key and others.hash = cells.hash
where others.customer_id not in (select value from json_each(:customers))
order by others.customer_id
"""


class GoogleTold(Told):
    """The same file with a table of requests."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with closing(self._open()) as connection, connection:
            connection.execute(_REQUESTS)
            connection.execute("delete from requests where noted_at < ?", (time.time() - KEEP_SECONDS,))

    def sharers(self, audience: str, customers: Iterable[str]) -> dict[str, list[Cell]]:
        """Other customers who were told by a cell of these -> all their cells."""
        given = {"audience": audience, "customers": orjson.dumps(list(customers)).decode()}
        with closing(self._open()) as connection:
            found = [str(name) for (name,) in connection.execute(_SHARERS, given)]
        return self.cells(audience, found)

    def note_request(self, request_id: str, verb: str, customers: Sequence[str]) -> None:
        """As soon as Google names the request; ``customers`` in the order of its rows."""
        with closing(self._open()) as connection, connection:
            connection.execute(
                "insert or replace into requests values (?, ?, ?, ?)",
                (request_id, verb, orjson.dumps(list(customers)).decode(), time.time()),
            )

    def request(self, request_id: str) -> tuple[str, list[str]] | None:
        """(verb, customers in the order of the rows); None if it was never noted, or long ago."""
        rows = self._rows("select verb, customers from requests where request_id = ?", request_id)
        return (str(rows[0][0]), list(orjson.loads(str(rows[0][1])))) if rows else None
