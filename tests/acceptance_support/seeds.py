"""Worlds with all of their mess, resolved and held against their truth: with scored edges, and without them; and their
orders beside the totals that the vendors' documents state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion import discovery, pipeline
from sandbox.server import running
from tests.acceptance.mini import SharedHome
from tests.acceptance_support.built_sql import built_sql
from tests.acceptance_support.identity import OWNERS, Pairwise, ceilings, over_merges, pairwise
from warehouse import dbt
from warehouse.dbt_functions import register

PEOPLE, DAYS = 700, 45
WANTED = ("+int_identity__record_customers", "+fct_order_reconciliation")
WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
LAYER = "intermediate.int_identity__"
READ = ("rules", "records", "identifiers", "guarded_identifiers", "manual_links")
FROM_EDGES = (
    "record_identifiers",
    "edges",
    *(f"contraction_{number}" for number in range(1, 7)),
    "connected_records",
    "conflicts",
    "parts",
    "components",
)
RECONCILIATION = """
    select source_system, measure, count(*), sum(document_amount), sum(abs(difference_amount))
    from marts.fct_order_reconciliation group by all
"""
TYPED = "('name_typos', 'nicknames', 'email_typos', 'address_spellings', 'birth_date_slips')"
"""The scenarios of how a record is typed."""
PAIRS = f"""
    with slips as (
        select distinct source_system || ':' || source_record_id as record_key from read_parquet($scenarios)
        where scenario in {TYPED} and source_record_id is not null
    ),
    owned as (
        select
            records.*, labels.ceiling, labels.deterministic, labels.scored, labels.person,
            slips.record_key is not null as is_slip
        from labels
        inner join {LAYER}records as records on records.record_key = labels.record_key
        left join slips on slips.record_key = labels.record_key
    )
    select
        one.is_slip or other.is_slip as is_slip,
        -- Nothing exact leads from one to the other, but they still agree in a name and in where or when.
        one.ceiling <> other.ceiling and one.given_name is not null and other.given_name is not null
            and one.family_name_key = other.family_name_key
            and coalesce(
                one.address_line = other.address_line or one.birth_date = other.birth_date
                    or one.postal_code = other.postal_code,
                false
            ) as is_beyond,
        one.deterministic = other.deterministic as is_deterministic,
        one.scored = other.scored as is_scored,
        count(*) as pairs
    from owned as one
    inner join owned as other on one.person = other.person and one.record_key < other.record_key
    group by all
"""


@dataclass(frozen=True)
class Found:
    """True pairs of some kind: how many there are, and how many are joined without and with scored edges."""

    pairs: int
    deterministic: int
    scored: int

    def __add__(self, other: Found) -> Found:
        return Found(self.pairs + other.pairs, self.deterministic + other.deterministic, self.scored + other.scored)


@dataclass(frozen=True)
class Measured:
    """One world. ``slips``: a record of the pair was typed wrong or otherwise; ``beyond``: no exact identifier leads
    from one to the other, but they agree in a name and an address, birth date or postcode."""

    deterministic: Pairwise
    over_merges: list[tuple[str, str, str, str]]
    scored: Pairwise
    slips: Found
    beyond: Found
    reconciliation: list[tuple[str, str, int, Decimal, Decimal]]
    """Vendor, measure, days and channels, documents' amounts, and the absolute differences to ours."""


class Seeds:
    """``measured(seed)`` simulates, lands and resolves a world once."""

    def __init__(self, own: Path) -> None:
        self._home = SharedHome(own)
        self._measured: dict[int, Measured] = {}

    def measured(self, seed: int) -> Measured:
        if seed not in self._measured:
            self._home.empty()
            with running(self._home.root, seed=seed, people=PEOPLE, days=DAYS) as sandbox:
                self._measured[seed] = self._resolve(sandbox.environment(), sandbox.truth)
        return self._measured[seed]

    def _resolve(self, environment: Mapping[str, str], truth: Path) -> Measured:
        with self._home.entered(**environment) as settings:
            for vendor in discovery.sources():
                pipeline.land(vendor)
            dbt.invoke("build", "--select", *WANTED, *WITHOUT_TESTS)
            with duckdb.connect(str(settings.warehouse), read_only=True) as con:
                scored = pairwise(con, truth)
                reconciliation = con.sql(RECONCILIATION).fetchall()
                customers = con.sql(f"select record_key, customer_id from {LAYER}record_customers").to_arrow_table()
            with without_scoring(settings.home, settings.warehouse) as con:
                slips, beyond = _pairs(con, truth, customers)
                return Measured(pairwise(con, truth), over_merges(con, truth), scored, slips, beyond, reconciliation)


@contextmanager
def without_scoring(home: Path, warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The identity of a built warehouse again, in memory, as it would be with the variable ``scored_edges`` off."""
    with built_sql(home) as built:
        register(built.connection)
        built.connection.execute(f"attach '{warehouse}' as walked (read_only)")
        for name in READ:
            built.connection.execute(f"create table {LAYER}{name} as from walked.{LAYER}{name}")
        built.connection.execute(f"create table {LAYER}scored_edges as from walked.{LAYER}scored_edges limit 0")
        built.connection.execute("detach walked")
        built.build(*(f"int_identity__{name}" for name in FROM_EDGES))
        built.connection.execute(
            f"create table {LAYER}record_customers as "
            f"select record_key, cast(component_number as varchar) as customer_id from {LAYER}components"
        )
        yield built.connection


def _pairs(con: duckdb.DuckDBPyConnection, truth: Path, scored: pa.Table) -> tuple[Found, Found]:
    owners = str(truth / "record_owners.parquet")
    con.register("scored_customers", scored)
    owned = con.execute(
        f"""
        select found.record_key, owners.person_id as person, found.customer_id as deterministic,
            scored_customers.customer_id as scored
        from {LAYER}record_customers as found
        inner join ({OWNERS}) as owners on owners.record_key = found.record_key
        inner join scored_customers on scored_customers.record_key = found.record_key
        order by found.record_key
        """,
        [owners],
    ).to_arrow_table()
    labels = owned.append_column("ceiling", pa.array(ceilings(con, truth)))
    con.register("labels", labels)
    rows = con.execute(PAIRS, {"scenarios": str(truth / "scenarios.parquet")}).fetchall()
    return _found(row[2:] for row in rows if row[0]), _found(row[2:] for row in rows if row[1])


def _found(rows: Iterator[tuple[bool, bool, int]]) -> Found:
    chosen = list(rows)
    return Found(
        pairs=sum(count for _, _, count in chosen),
        deterministic=sum(count for is_found, _, count in chosen if is_found),
        scored=sum(count for _, is_found, count in chosen if is_found),
    )
