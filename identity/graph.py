"""The identity graph as the warehouse holds it: which edges lead from a record, and the shortest way between two.

Read from the build file, so under the write lock and briefly; whatever is read touches one component only. An
identifier's value never leaves the database: it is hashed there, with the home's key, as bridge_customer_identifiers
does, so a hash shown here can be found in that mart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

import selvage
from warehouse.lock import write_lock

HASH_DIGITS = 10
UNRANKED = 1_000
NOWHERE = -9_999
"""What scipy gives as the predecessor of a node that was not reached."""


class UnknownRecord(LookupError):
    """No such record, or no such customer, in the warehouse's identity graph."""


class NoWarehouse(LookupError):
    """Nothing was built in this home yet."""

    def __init__(self) -> None:
        super().__init__("There is no warehouse here yet; run `python -m orchestration run`.")


@dataclass(frozen=True)
class Edge:
    """Two records are one person's: by which rule, told by whom and when (UTC), and how surely if it was scored."""

    record_key_from: str
    record_key_to: str
    match_rule: str
    match_rank: int
    source_system: str | None
    identifier_type: str | None
    identifier_hash: str | None
    first_seen_at: datetime | None
    match_probability: float | None


@dataclass(frozen=True)
class Place:
    """A record, the customer it belongs to, and the number of the component that this customer is."""

    record_key: str
    customer_id: str
    component_number: int


@contextmanager
def opened() -> Iterator[duckdb.DuckDBPyConnection]:
    """The home's warehouse, read only, with the write lock held. Raises NoWarehouse."""
    file = selvage.settings().warehouse
    if not file.exists():
        raise NoWarehouse
    with write_lock("reading the identity graph"), duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a query, each by column name."""
    found = connection.execute(sql, dict(values))
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def hashed(table: str) -> str:
    """SQL of an identifier's short keyed hash (the macro identifier_hash); takes the home's key as ``$key``."""
    value = f"{table}.identifier_type || {table}.identifier_value"
    return f"substr(sha256($key || {value}), 1, {HASH_DIGITS})"


def place_of(connection: duckdb.DuckDBPyConnection, record_key: str) -> Place:
    """Where a record belongs. Raises UnknownRecord."""
    found = connection.execute(
        """
        select records.record_key, records.customer_id, components.component_number
        from intermediate.int_identity__record_customers as records
        inner join intermediate.int_identity__components as components on records.record_key = components.record_key
        where records.record_key = ?
        """,
        [record_key],
    ).fetchone()
    if found is None:
        raise UnknownRecord(
            f"There is no record {record_key}. A record is named <source_system>:<the vendor's id>, as in "
            "bridge_customer_identifiers.record_key."
        )
    return Place(*found)


def edges_within(connection: duckdb.DuckDBPyConnection, component: int, hash_key: str) -> list[Edge]:
    """The edges that hold one component together, the strongest rule first."""
    found = rows(
        connection,
        f"""
        select edges.*, {hashed("edges")} as identifier_hash
        from intermediate.int_identity__edges as edges
        inner join intermediate.int_identity__components as near on edges.record_number_from = near.record_number
        inner join intermediate.int_identity__components as far on edges.record_number_to = far.record_number
        where near.component_number = $component and far.component_number = $component
        order by edges.match_rank nulls last, edges.record_number_from, edges.record_number_to, edges.match_rule,
            identifier_hash nulls last
        """,
        {"component": component, "key": hash_key},
    )
    return [_edge(row) for row in found]


def shortest_path(edges: Sequence[Edge], start: str, end: str) -> list[Edge] | None:
    """The edges from ``start`` to ``end``: as few as can be, and among as few those of the stronger rules.

    Each is turned so that it begins where the one before it ended. None where nothing leads there.
    """
    names = sorted({start, end, *(name for edge in edges for name in (edge.record_key_from, edge.record_key_to))})
    place = {name: number for number, name in enumerate(names)}
    best: dict[tuple[int, int], Edge] = {}
    for edge in edges:
        pair = (place[edge.record_key_from], place[edge.record_key_to])
        for ends in (pair, pair[::-1]):
            if ends not in best or edge.match_rank < best[ends].match_rank:
                best[ends] = edge
    # A step costs 1 and a trifle for its rank: the trifles of a whole path never add up to a step.
    weights = [1 + edge.match_rank / (UNRANKED * (len(names) + 1)) for edge in best.values()]
    left, right = ([ends[side] for ends in best] for side in (0, 1))
    graph = csr_matrix((weights, (left, right)), shape=(len(names), len(names)))
    before = dijkstra(graph, indices=place[start], return_predecessors=True)[1]
    return _walk_back(before, best, names, place[start], place[end])


def _walk_back(
    before: np.ndarray, best: dict[tuple[int, int], Edge], names: Sequence[str], start: int, end: int
) -> list[Edge] | None:
    path: list[Edge] = []
    while end != start:
        previous = int(before[end])
        if previous == NOWHERE:
            return None
        path.append(_turned(best[previous, end], names[previous], names[end]))
        end = previous
    return path[::-1]


def _turned(edge: Edge, start: str, end: str) -> Edge:
    return Edge(**{**edge.__dict__, "record_key_from": start, "record_key_to": end})


def _edge(row: dict[str, Any]) -> Edge:
    return Edge(
        record_key_from=row["record_key_from"],
        record_key_to=row["record_key_to"],
        match_rule=row["match_rule"],
        match_rank=int(row["match_rank"]) if row["match_rank"] is not None else UNRANKED,
        source_system=row["source_system"],
        identifier_type=row["identifier_type"],
        identifier_hash=row["identifier_hash"],
        first_seen_at=row["first_seen_at"],
        match_probability=row.get("match_probability"),
    )
