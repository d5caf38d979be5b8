"""How well identity resolution did, against the hidden truth.

Two records are a true pair if one person owns both, and a found pair if one customer has both. Only records with a
known, single owner count: a bot's browser and what several people did on a shared device without logging in have none.

The ceiling is what exact identifiers could give: components over links (normalised identifier, true person), without
any guard. A link between different true people is cut by the person in it, so the ceiling has precision 1 and its
recall is the share of true pairs that any exact rule could reach.

``python -m tests.acceptance_support.identity <warehouse.duckdb> <folder with record_owners.parquet>`` prints it for one
built warehouse, say ``make run``'s: ``.selvage/sandbox/demo/warehouse.duckdb .selvage/vendors/truth/*/``.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

OWNERS = """
    select source_system || ':' || source_record_id as record_key, min(person_id) as person_id
    from read_parquet(?)
    where record_type <> 'device' and person_id is not null
        -- Without a login, a shared device's visitor is nobody's.
        and not (record_type = 'visitor' and is_shared and source_record_id like '%|')
    group by 1
    having count(distinct person_id) = 1
"""


@dataclass(frozen=True)
class Pairwise:
    """Counts of pairs of records: true (by owner), found (by customer), correct (both), reachable (by the ceiling)."""

    records: int
    true_pairs: int
    found_pairs: int
    correct_pairs: int
    reachable_pairs: int
    correct_reachable_pairs: int

    @property
    def precision(self) -> float:
        return self.correct_pairs / self.found_pairs if self.found_pairs else 1.0

    @property
    def recall(self) -> float:
        return self.correct_pairs / self.true_pairs if self.true_pairs else 1.0

    @property
    def ceiling_recall(self) -> float:
        return self.reachable_pairs / self.true_pairs if self.true_pairs else 1.0

    @property
    def recall_of_ceiling(self) -> float:
        """Correct pairs over reachable ones; above 1 only if the rules join what no exact identifier does."""
        return self.correct_pairs / self.reachable_pairs if self.reachable_pairs else 1.0


def pairwise(con: duckdb.DuckDBPyConnection, truth: Path) -> Pairwise:
    """Compare ``intermediate.int_identity__record_customers`` of a built warehouse with ``truth/record_owners.parquet``.

    ``con`` may be read-only. Raises ValueError when no record of the warehouse is in the truth.
    """
    owned = con.execute(
        f"""
        select records.record_key, records.customer_id, owners.person_id
        from intermediate.int_identity__record_customers as records
        inner join ({OWNERS}) as owners on owners.record_key = records.record_key
        order by records.record_key nulls last
        """,
        [str(truth / "record_owners.parquet")],
    ).fetchnumpy()
    if not len(owned["record_key"]):
        raise ValueError(f"no record of the warehouse is in {truth.name}/record_owners.parquet")
    customer, person = _codes(owned["customer_id"]), _codes(owned["person_id"])
    ceiling = _ceiling(con, owned["record_key"], person)
    return Pairwise(
        records=len(person),
        true_pairs=_pairs(person),
        found_pairs=_pairs(customer),
        correct_pairs=_pairs(customer, person),
        reachable_pairs=_pairs(ceiling),
        correct_reachable_pairs=_pairs(ceiling, customer),
    )


def ceilings(con: duckdb.DuckDBPyConnection, truth: Path) -> np.ndarray:
    """The component of each owned record, in the order of their keys, over what exact identifiers could join."""
    owned = con.execute(
        f"""
        select records.record_key, owners.person_id
        from intermediate.int_identity__record_customers as records
        inner join ({OWNERS}) as owners on owners.record_key = records.record_key
        order by records.record_key nulls last
        """,
        [str(truth / "record_owners.parquet")],
    ).fetchnumpy()
    return _ceiling(con, owned["record_key"], _codes(owned["person_id"]))


def over_merges(con: duckdb.DuckDBPyConnection, truth: Path) -> list[tuple[str, str, str, str]]:
    """Where two people became one: (customer_id, identifier_type, identifier_value, scenario or '') of each edge that
    joins records of different people, or reaches a record of nobody that such edges meet in.

    ``scenario`` is the one of ``truth/scenarios.parquet`` whose value the edge was drawn by.
    """
    return con.execute(
        f"""
        with owners as ({OWNERS}),
        records as (
            select customers.record_key, customers.customer_id, owners.person_id
            from intermediate.int_identity__record_customers as customers
            left join owners on owners.record_key = customers.record_key
        ),
        mixed as (
            select customer_id from records group by customer_id having count(distinct person_id) > 1
        ),
        ends as (
            select near.customer_id, edges.identifier_type, edges.identifier_value, near.record_key,
                near.person_id, far.person_id as far_person_id
            from intermediate.int_identity__edges as edges,
                lateral (values (record_key_from, record_key_to), (record_key_to, record_key_from)) as pair (one, other)
            inner join records as near on near.record_key = pair.one
            inner join records as far on far.record_key = pair.other
            where near.customer_id in (select customer_id from mixed)
        ),
        meeting as (
            select record_key from ends where person_id is null
            group by record_key having count(distinct far_person_id) > 1
        ),
        crossing as (
            select distinct customer_id, identifier_type, identifier_value from ends
            where person_id <> far_person_id or record_key in (select record_key from meeting)
        ),
        named as (
            select identifier_type, identifier_value, min(scenario) as scenario from read_parquet(?)
            where identifier_value is not null group by all
        )
        select crossing.*, coalesce(named.scenario, '') from crossing
        left join named using (identifier_type, identifier_value)
        order by all nulls last
        """,
        [str(truth / "record_owners.parquet"), str(truth / "scenarios.parquet")],
    ).fetchall()


def _ceiling(con: duckdb.DuckDBPyConnection, record_keys: np.ndarray, person: np.ndarray) -> np.ndarray:
    """Component of each record over links that two records of one person share by an exact, well-formed identifier."""
    links = con.execute(
        """
        select distinct record_key, identifier_type || ':' || identifier_value as identifier
        from intermediate.int_identity__identifiers
        where blocked_reason is distinct from 'malformed'
        """
    ).fetchnumpy()
    position = {key: number for number, key in enumerate(record_keys)}
    known = np.fromiter((position.get(key, -1) for key in links["record_key"]), dtype=np.int64)
    record, identifier = known[known >= 0], _codes(links["identifier"])[known >= 0]
    # A node per identifier and person: two people's records never meet in one.
    shared = _codes(identifier * (person.max() + 1) + person[record])
    size = len(record_keys) + int(shared.max(initial=-1)) + 1
    graph = coo_matrix((np.ones(len(record), dtype=np.int8), (record, len(record_keys) + shared)), shape=(size, size))
    return connected_components(graph, directed=False)[1][: len(record_keys)].astype(np.int64)


def _codes(values: np.ndarray) -> np.ndarray:
    plain = np.ma.getdata(values)
    return np.unique(plain.astype(str) if plain.dtype == object else plain, return_inverse=True)[1].astype(np.int64)


def _pairs(*labels: np.ndarray) -> int:
    """Pairs of records that agree in every labelling."""
    joint = labels[0]
    for label in labels[1:]:
        joint = joint * (label.max() + 1) + label
    sizes = np.unique(joint, return_counts=True)[1]
    return int((sizes * (sizes - 1) // 2).sum())


if __name__ == "__main__":
    with duckdb.connect(sys.argv[1], read_only=True) as warehouse:
        found = pairwise(warehouse, Path(sys.argv[2]))
    print(f"{found.records:,} records: precision {found.precision:.4f}, recall {found.recall:.4f}")
    print(f"of the ceiling's pairs {found.correct_reachable_pairs / found.reachable_pairs:.4f} are found")
