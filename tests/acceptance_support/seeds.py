"""Worlds with all of their mess, resolved and held against their truth: with scored edges, and without them; and their
orders beside the totals that the vendors' documents state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import duckdb
import numpy as np

from benchmarks.identity.quality import Ints, pairs
from ingestion import discovery, pipeline
from sandbox.server import running
from tests.acceptance.mini import SharedHome, tables
from tests.acceptance_support.built_sql import built_sql
from tests.acceptance_support.identity import Pairwise, in_reach, over_merges, owned, pairwise
from warehouse import dbt
from warehouse.dbt_functions import register

PEOPLE, DAYS = 700, 45
WANTED = ("+int_identity__record_customers", "+fct_order_reconciliation")
LAYER = "intermediate.int_identity__"
READ = ("rules", "records", "identifiers", "guarded_identifiers", "manual_links", "scorable_records")
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
SLIPS = """
    select distinct source_system || ':' || source_record_id from read_parquet(?)
    where source_record_id is not null
        and scenario in ('name_typos', 'nicknames', 'email_typos', 'address_spellings', 'birth_date_slips')
"""
"""Records of the scenarios of how one is typed."""


@dataclass(frozen=True)
class Found:
    """True pairs of some kind: how many there are, and how many are joined without and with scored edges."""

    pairs: int
    deterministic: int
    scored: int

    def __add__(self, other: Found) -> Found:
        return Found(self.pairs + other.pairs, self.deterministic + other.deterministic, self.scored + other.scored)

    def __sub__(self, other: Found) -> Found:
        return Found(self.pairs - other.pairs, self.deterministic - other.deterministic, self.scored - other.scored)


@dataclass(frozen=True)
class Measured:
    """One world. ``slips``: both records bear a name, and one was typed wrong or otherwise; ``beyond``: no exact
    identifier joins them, but they agree in both names and an address, birth date or postcode (``in_reach``)."""

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
            self._home.begin()
            with running(self._home.root, seed=seed, people=PEOPLE, days=DAYS) as sandbox:
                self._measured[seed] = self._resolve(sandbox.environment(), sandbox.truth)
        return self._measured[seed]

    def _resolve(self, environment: Mapping[str, str], truth: Path) -> Measured:
        with self._home.entered(**environment) as settings:
            for vendor in _behind(*WANTED):
                pipeline.land(vendor)
            dbt.invoke(*tables(*WANTED))
            with duckdb.connect(str(settings.warehouse), read_only=True) as con:
                scored, customers = pairwise(con, truth), owned(con, truth)
                reconciliation = con.sql(RECONCILIATION).fetchall()
            with without_scoring(settings.home, settings.warehouse) as con:
                slips, beyond = _found(con, truth, customers.customer)
                return Measured(pairwise(con, truth), over_merges(con, truth), scored, slips, beyond, reconciliation)


@cache
def _behind(*wanted: str) -> list[str]:
    """The vendors of which something is read on the way to a model; ads, for one, tell of nobody."""
    manifest = dbt.manifest()
    parents, nodes = manifest["parent_map"], manifest["nodes"]
    reached, found = {name for name in nodes if name.split(".")[-1] in {one.lstrip("+") for one in wanted}}, set()
    while reached:
        found |= reached
        reached = {parent for name in reached for parent in parents[name]} - found
    read = {manifest["sources"][name]["source_name"] for name in found if name.startswith("source.")}
    return [vendor for vendor in discovery.sources() if vendor in read]


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


def _found(con: duckdb.DuckDBPyConnection, truth: Path, scored: Ints) -> tuple[Found, Found]:
    """Pairs with a slip, and pairs in reach; ``con`` is without scored edges, ``scored`` the customers with them."""
    records = owned(con, truth)
    slips = {key for (key,) in con.execute(SLIPS, [str(truth / "scenarios.parquet")]).fetchall()}
    is_right = np.array([key not in slips for key in records.record_keys])
    names = con.execute(f"select record_number from {LAYER}scorable_records").fetchnumpy()
    has_name = np.isin(records.record_numbers, names["record_number"])  # a browser or a bare number is typed by nobody
    one, other = in_reach(con, records)

    def among(chosen: np.ndarray) -> Found:
        person = records.person[chosen]
        return Found(pairs(person), pairs(person, records.customer[chosen]), pairs(person, scored[chosen]))

    beyond = Found(
        len(one),
        int((records.customer[one] == records.customer[other]).sum()),
        int((scored[one] == scored[other]).sum()),
    )
    return among(has_name) - among(has_name & is_right), beyond
