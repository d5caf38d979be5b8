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

from benchmarks.identity.quality import Ints, ceiling, pairs

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


@dataclass(frozen=True)
class Owned:
    """Records with one known owner, in the order of their keys. ``customer``, ``person`` and ``ceiling``: codes from 0
    on, whose the build says they are, whose they are, and which of them exact identifiers could join."""

    record_keys: np.ndarray
    record_numbers: Ints
    customer: Ints
    person: Ints
    ceiling: Ints


def owned(con: duckdb.DuckDBPyConnection, truth: Path) -> Owned:
    """Records of a built warehouse's identity beside ``truth/record_owners.parquet``.

    ``con`` may be read-only. Raises ValueError when no record of the warehouse is in the truth.
    """
    rows = con.execute(
        f"""
        select records.record_key, records.record_number, customers.customer_id, owners.person_id
        from intermediate.int_identity__records as records
        inner join intermediate.int_identity__record_customers as customers
            on records.record_key = customers.record_key
        inner join ({OWNERS}) as owners on records.record_key = owners.record_key
        order by records.record_key nulls last
        """,
        [str(truth / "record_owners.parquet")],
    ).fetchnumpy()
    keys = rows["record_key"]
    if not len(keys):
        raise ValueError(f"no record of the warehouse is in {truth.name}/record_owners.parquet")
    links = con.execute(
        """
        select distinct record_key, identifier_type || ':' || identifier_value as identifier
        from intermediate.int_identity__identifiers
        where blocked_reason is distinct from 'malformed'
        """
    ).fetchnumpy()
    position = {key: number for number, key in enumerate(keys)}
    place = np.fromiter((position.get(key, -1) for key in links["record_key"]), dtype=np.int64)
    person = codes(rows["person_id"])
    return Owned(
        record_keys=keys,
        record_numbers=np.asarray(rows["record_number"]),
        customer=codes(rows["customer_id"]),
        person=person,
        ceiling=ceiling(person, place[place >= 0], codes(links["identifier"])[place >= 0]),
    )


def pairwise(con: duckdb.DuckDBPyConnection, truth: Path) -> Pairwise:
    """Compare ``intermediate.int_identity__record_customers`` of a built warehouse with its truth; see ``owned``."""
    records = owned(con, truth)
    return Pairwise(
        records=len(records.person),
        true_pairs=pairs(records.person),
        found_pairs=pairs(records.customer),
        correct_pairs=pairs(records.customer, records.person),
        reachable_pairs=pairs(records.ceiling),
        correct_reachable_pairs=pairs(records.ceiling, records.customer),
    )


def in_reach(con: duckdb.DuckDBPyConnection, records: Owned) -> tuple[Ints, Ints]:
    """Positions of the two records of each true pair that no exact identifier joins, though they share given and family
    name and an address, postcode or birth date (as ``intermediate.int_identity__scorable_records`` writes them)."""
    con.register(
        "known",
        {
            "position": np.arange(len(records.person)),
            "record_number": records.record_numbers,
            "person": records.person,
            "ceiling": records.ceiling,
        },
    )
    found = con.execute(
        """
        with people as (
            select known.*, given_name, family_name, address_line, postcode, birth_date
            from known inner join intermediate.int_identity__scorable_records using (record_number)
        )
        select l.position as one, r.position as other
        from people as l inner join people as r
            on l.person = r.person and l.position < r.position and l.ceiling <> r.ceiling
            and l.given_name = r.given_name and l.family_name = r.family_name
            and (l.address_line = r.address_line or l.postcode = r.postcode or l.birth_date = r.birth_date)
        """
    ).fetchnumpy()
    con.unregister("known")
    return found["one"], found["other"]


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


def codes(values: np.ndarray) -> Ints:
    """A number from 0 on for each different value."""
    plain = np.ma.getdata(values)
    return np.unique(plain.astype(str) if plain.dtype == object else plain, return_inverse=True)[1].astype(np.int64)


if __name__ == "__main__":
    with duckdb.connect(sys.argv[1], read_only=True) as warehouse:
        found = pairwise(warehouse, Path(sys.argv[2]))
    print(f"{found.records:,} records: precision {found.precision:.4f}, recall {found.recall:.4f}")
    print(f"of the ceiling's pairs {found.correct_reachable_pairs / found.reachable_pairs:.4f} are found")
