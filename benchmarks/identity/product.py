"""The product's own dbt models of identity, run on generated records in a copy of the project.

The copy differs from the project in this: the one provider of records and identifiers reads Parquet files, the moment
up to which data were seen is that of the newest record, and without scoring there is no scored edge.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.identity.quality import Quality, quality
from benchmarks.project import Project, Run

WANTED = "+int_identity__record_customers +fct_customer_merges"
SHAPES = ("customer_records", "identifiers")
AS_OF = "select max(updated_at) as as_of from {{ ref('int_identity__records') }}\n"
NO_SCORED_EDGES = """
select
    cast(null as string) as record_key_from, cast(null as string) as record_key_to,
    cast(null as bigint) as record_number_from, cast(null as bigint) as record_number_to,
    cast(null as string) as match_rule, cast(null as string) as identifier_type,
    cast(null as string) as identifier_value, cast(null as bigint) as match_rank,
    cast(null as double) as match_probability, cast(null as string) as source_system,
    cast(null as timestamp) as first_seen_at
where 1 = 0
"""
LINKS = """(
    select record_key, identifier_type || ':' || identifier_value as identifier
    from intermediate.int_identity__identifiers where blocked_reason is distinct from 'malformed'
)"""
CLUSTERS = "(select record_key, customer_id as cluster from intermediate.int_identity__record_customers)"
EDGES = "select record_number_from as a, record_number_to as b from intermediate.int_identity__edges"
PARTITION = """
    select record_key, min(record_key) over (partition by customer_id) as first_record
    from {}.intermediate.int_identity__record_customers
"""


class Product(Project):
    """The chain of identity over ``<rows>/<shape>/*.parquet``, with scored edges or without them."""

    def __init__(self, folder: Path, rows: Path, *, scored: bool = False) -> None:
        instead = (
            {"int_as_of": AS_OF} if scored else {"int_as_of": AS_OF, "int_identity__scored_edges": NO_SCORED_EDGES}
        )
        super().__init__(folder, rows, SHAPES, instead)

    def run(self) -> Run:
        """The chain from the shapes to every record's customer and the merge log."""
        return self.dbt("run", "--select", *WANTED.split())


def judged(warehouse: Path, data: Path, edges: str) -> Quality:
    """Compare a built warehouse with the truth in ``data``; leaves its edges there, as ``<edges>.parquet``."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        con.execute(f"copy ({EDGES}) to '{data}/{edges}.parquet' (format parquet)")
        return quality(con, CLUSTERS, LINKS, f"read_parquet('{data}/owners/base.parquet')")


def same_partition(one: Path, other: Path) -> bool:
    """Whether two warehouses put the same records together, whatever the ids they give."""
    with duckdb.connect() as con:
        for name, file in (("one", one), ("other", other)):
            con.execute(f"attach '{file}' as {name} (read_only)")
        left, right = PARTITION.format("one"), PARTITION.format("other")
        return not con.sql(f"({left} except {right}) union all ({right} except {left}) limit 1").fetchall()
