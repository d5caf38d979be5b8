"""Why two records are one customer, or are not: the path of edges between them, and what was refused between them.

``between`` answers for two records, ``of_customer`` for all records of one. An identifier is shown as its type and a
short keyed hash, never in clear text; records go by the vendors' ids. Both answers are plain dataclasses, for JSON;
``text`` turns either into lines for a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from identity.graph import Edge, Place, UnknownRecord, edges_within, hashed, place_of, rows, shortest_path

SHOWN = 25

SHARED = """
    select distinct
        near.record_key as record_key_from, far.record_key as record_key_to,
        near.identifier_type, {hash} as identifier_hash,
        case
            when near.refused_reason is not null then near.refused_reason
            when far.refused_reason is not null then far.refused_reason
            when not near.is_edge then 'type_joins_nobody'
            when near.match_group = far.match_group then 'customers_kept_apart'
            when near.match_group like near.identifier_value || '|after silence%'
                or far.match_group like far.identifier_value || '|after silence%' then 'seen_too_long_apart'
            else 'other_given_name'
        end as refused_reason
    from intermediate.int_identity__record_identifiers as near
    inner join intermediate.int_identity__record_identifiers as far
        on near.identifier_type = far.identifier_type and near.identifier_value = far.identifier_value
    inner join intermediate.int_identity__record_customers as near_records on near.record_key = near_records.record_key
    inner join intermediate.int_identity__record_customers as far_records on far.record_key = far_records.record_key
    where near_records.customer_id = $near and far_records.customer_id = $far
    order by near.identifier_type, identifier_hash, record_key_from, record_key_to
"""
CUT = """
    select edges.record_key_from, edges.record_key_to, edges.identifier_type, {hash} as identifier_hash,
        edges.cut_reason as refused_reason
    from intermediate.int_identity__cut_edges as edges
    inner join intermediate.int_identity__record_customers as near_records
        on edges.record_key_from = near_records.record_key
    inner join intermediate.int_identity__record_customers as far_records
        on edges.record_key_to = far_records.record_key
    where (near_records.customer_id = $near and far_records.customer_id = $far)
        or (near_records.customer_id = $far and far_records.customer_id = $near)
    order by edges.match_rank, edges.record_key_from, edges.record_key_to
"""
REFUSED = """
    select records.record_key as record_key_from, cast(null as varchar) as record_key_to,
        identifiers.identifier_type, {hash} as identifier_hash, identifiers.refused_reason
    from intermediate.int_identity__record_identifiers as identifiers
    inner join intermediate.int_identity__record_customers as records on identifiers.record_key = records.record_key
    where records.customer_id = $customer and identifiers.refused_reason is not null
    order by identifiers.identifier_type, identifier_hash, record_key_from
"""
RECORDS = """
    select records.record_key, records.record_type, records.created_at, components.component_number
    from intermediate.int_identity__record_customers as customers
    inner join intermediate.int_identity__records as records on customers.record_key = records.record_key
    inner join intermediate.int_identity__components as components on records.record_key = components.record_key
    where customers.customer_id = $customer
    order by records.record_number
"""


@dataclass(frozen=True)
class Refusal:
    """An identifier that joins nobody here, with the reason; ``record_key_to`` is the other record that carries it."""

    record_key_from: str
    record_key_to: str | None
    identifier_type: str | None
    identifier_hash: str | None
    refused_reason: str


@dataclass(frozen=True)
class Between:
    """Two records: the path of edges that makes them one customer, or None and what was refused between them."""

    near: Place
    far: Place
    path: tuple[Edge, ...] | None
    refused: tuple[Refusal, ...]


@dataclass(frozen=True)
class Record:
    """One record of a customer, with when it began (UTC)."""

    record_key: str
    record_type: str
    created_at: datetime | None


@dataclass(frozen=True)
class OfCustomer:
    """A customer: its records from the oldest on, the edges that hold them together, and what was refused on them."""

    customer_id: str
    records: tuple[Record, ...]
    edges: tuple[Edge, ...]
    refused: tuple[Refusal, ...]


def between(connection: duckdb.DuckDBPyConnection, near_key: str, far_key: str, hash_key: str) -> Between:
    """Explain two records. Raises UnknownRecord."""
    near, far = place_of(connection, near_key), place_of(connection, far_key)
    path = None
    if near.component_number == far.component_number:
        path = shortest_path(edges_within(connection, near.component_number, hash_key), near_key, far_key)
    if path is not None:
        return Between(near, far, tuple(path), ())
    sides = {"near": near.customer_id, "far": far.customer_id, "key": hash_key}
    refused = rows(connection, SHARED.format(hash=hashed("near")), sides)
    if _has_cut_edges(connection):
        refused += rows(connection, CUT.format(hash=hashed("edges")), sides)
    return Between(near, far, None, tuple(Refusal(**row) for row in refused))


def of_customer(connection: duckdb.DuckDBPyConnection, customer_id: str, hash_key: str) -> OfCustomer:
    """Explain one customer. Raises UnknownRecord."""
    found = rows(connection, RECORDS, {"customer": customer_id})
    if not found:
        raise UnknownRecord(
            f"There is no customer {customer_id}. Ids that were merged away stand in fct_customer_merges, with the id "
            "that stayed."
        )
    edges = [
        edge
        for component in sorted({row["component_number"] for row in found})
        for edge in edges_within(connection, component, hash_key)
    ]
    refused = rows(connection, REFUSED.format(hash=hashed("identifiers")), {"customer": customer_id, "key": hash_key})
    records = tuple(Record(row["record_key"], row["record_type"], row["created_at"]) for row in found)
    return OfCustomer(customer_id, records, tuple(edges), tuple(Refusal(**row) for row in refused))


def text(answer: Between | OfCustomer) -> str:
    """The answer as lines for a terminal."""
    return "\n".join(_between_lines(answer) if isinstance(answer, Between) else _customer_lines(answer))


def _between_lines(answer: Between) -> Iterator[str]:
    near, far = answer.near, answer.far
    if answer.path is not None:
        yield f"{near.record_key} and {far.record_key} are one customer, {near.customer_id}."
        yield f"{len(answer.path)} edges lead from one to the other:" if answer.path else "They are the same record."
        yield from _edge_lines(answer.path)
        return
    yield f"{near.record_key} is {near.customer_id}, {far.record_key} is {far.customer_id}: no path of edges."
    if not answer.refused:
        yield "Nothing was refused between them: their customers share no identifier at all."
        return
    yield "Between their customers this was refused:"
    yield from _refusal_lines(answer.refused)


def _customer_lines(answer: OfCustomer) -> Iterator[str]:
    kinds = Counter(record.record_type for record in answer.records)
    shown = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    yield f"{answer.customer_id}: {len(answer.records)} records ({shown})"
    for record in answer.records[:SHOWN]:
        yield f"  {record.record_key}  {record.record_type}, since {_time(record.created_at)}"
    yield from _more(len(answer.records))
    rules = Counter(edge.match_rule for edge in answer.edges)
    yield "Held together by " + (", ".join(f"{rule} ({n})" for rule, n in rules.most_common()) or "nothing: one record")
    yield from _edge_lines(answer.edges[:SHOWN])
    yield from _more(len(answer.edges))
    if answer.refused:
        yield "Refused on its records:"
        yield from _refusal_lines(answer.refused)


def _edge_lines(edges: Sequence[Edge]) -> Iterator[str]:
    for edge in edges:
        probability = f", probability {edge.match_probability:.4f}" if edge.match_probability is not None else ""
        yield f"  {edge.record_key_from} -> {edge.record_key_to}"
        named = _identifier(edge.identifier_type, edge.identifier_hash)
        yield (
            f"      {edge.match_rule} ({named}rank {edge.match_rank}), told by {edge.source_system}, "
            f"since {_time(edge.first_seen_at)}{probability}"
        )


def _refusal_lines(refused: Sequence[Refusal]) -> Iterator[str]:
    for refusal in refused[:SHOWN]:
        other = f" and {refusal.record_key_to}" if refusal.record_key_to else ""
        named = _identifier(refusal.identifier_type, refusal.identifier_hash) or "an edge of no identifier, "
        yield f"  {named}{refusal.refused_reason}: on {refusal.record_key_from}{other}"
    yield from _more(len(refused))


def _identifier(identifier_type: str | None, identifier_hash: str | None) -> str:
    return f"{identifier_type} #{identifier_hash}, " if identifier_type else ""


def _more(count: int) -> Iterator[str]:
    if count > SHOWN:
        yield f"  ... and {count - SHOWN} more (--json lists all)"


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "unknown"


def _has_cut_edges(connection: duckdb.DuckDBPyConnection) -> bool:
    """A warehouse that was last built by an older version has none."""
    found = connection.execute("select 1 from duckdb_tables() where table_name = 'int_identity__cut_edges'").fetchone()
    return found is not None
