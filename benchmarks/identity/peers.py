"""What others take: ``python -m benchmarks.identity.peers <name> <folder>``, a process each, so memory counts alone.

``limit`` only reads, normalises and hash-groups every identifier: below that no method gets. ``splink`` is its
deterministic link and clustering over one wide row a record, with values of more than 40 records emptied beforehand,
as it has no guard of its own. ``recursive``, ``scipy`` and ``igraph`` get the product's own edges and find components.

Each writes ``<folder>/<name>.json``: seconds of its phases and the number of clusters, and
``<folder>/<name>.parquet`` {node, cluster} where it finds any.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

MOST_RECORDS = 40
NORMALISED = """
    select identifier_type,
        case identifier_type
            when 'email' then regexp_replace(lower(trim(identifier_value)), '[+][^@]*@', '@')
            when 'phone' then right(regexp_replace(identifier_value, '[^0-9]', '', 'g'), 10)
            else identifier_value end as identifier_value,
        record_key
    from read_parquet('{folder}/identifiers/*.parquet')
"""
WIDE = """
    select unique_id, account, device, lower(given_name) as given_name,
        regexp_replace(lower(trim(email)), '[+][^@]*@', '@') as email,
        right(regexp_replace(phone, '[^0-9]', '', 'g'), 10) as phone
    from read_parquet('{folder}/wide/*.parquet')
"""

Phases = dict[str, float]


@contextmanager
def timed(phases: Phases, name: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    phases[name] = round(time.monotonic() - started, 3)


def limit(con: duckdb.DuckDBPyConnection, folder: Path, phases: Phases) -> None:
    with timed(phases, "scan, normalise, group"):
        con.execute(
            f"create temp table grouped as select identifier_type, identifier_value, count(*) as record_count, "
            f"min(record_key) as first_record from ({NORMALISED.format(folder=folder)}) group by all"
        )


def splink(con: duckdb.DuckDBPyConnection, folder: Path, phases: Phases) -> None:
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    with timed(phases, "normalise"):
        con.execute(f"create table wide as {WIDE.format(folder=folder)}")
        for name in ("email", "phone", "device", "account"):
            often = f"select {name} from wide group by {name} having count(*) > {MOST_RECORDS}"
            con.execute(f"update wide set {name} = null where {name} in ({often})")
    with timed(phases, "link"):
        database = DuckDBAPI(con)
        rules = [block_on("email"), block_on("device"), block_on("account"), block_on("phone", "given_name")]
        settings = SettingsCreator(
            link_type="dedupe_only", blocking_rules_to_generate_predictions=[*rules], comparisons=[]
        )
        linker = Linker(database.register(con.table("wide"), dataset_display_name="people"), settings)
        edges = linker.inference.deterministic_link()
    with timed(phases, "components"):
        found = linker.clustering.cluster_pairwise_predictions_at_threshold(edges)
        con.execute(
            f"create table labels as select unique_id as node, cluster_id as cluster from {found.physical_name}"
        )


def recursive(con: duckdb.DuckDBPyConnection, folder: Path, phases: Phases) -> None:
    """Smallest label by breadth-first rounds: a node tells its neighbours when its own label fell."""
    with timed(phases, "components"):
        con.execute(
            f"""
            create table labels as
            with recursive ways as (
                select a as node, b as neighbour from '{folder}/edges.parquet'
                union select b, a from '{folder}/edges.parquet'
            ),
            labels(node, cluster) using key (node) as (
                select node, min(least(node, neighbour)) from ways group by node
                union
                select ways.neighbour, min(labels.cluster)
                from labels
                inner join ways on ways.node = labels.node
                inner join recurring.labels as known on known.node = ways.neighbour and labels.cluster < known.cluster
                group by ways.neighbour
            )
            select * from labels
            """
        )


def scipy(con: duckdb.DuckDBPyConnection, folder: Path, phases: Phases) -> None:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edges, nodes = _edges(con, folder)
    with timed(phases, "components"):
        graph = coo_matrix((np.ones(len(edges["a"]), dtype=np.int8), (edges["a"], edges["b"])), shape=(nodes, nodes))
        label = connected_components(graph, directed=False)[1]
    _keep(con, label)


def igraph(con: duckdb.DuckDBPyConnection, folder: Path, phases: Phases) -> None:
    import igraph as ig  # type: ignore[import-untyped]

    edges, nodes = _edges(con, folder)
    with timed(phases, "components"):
        graph = ig.Graph(n=nodes, edges=np.stack([edges["a"], edges["b"]], axis=1))
        label = np.asarray(graph.connected_components().membership)
    _keep(con, label)


def _edges(con: duckdb.DuckDBPyConnection, folder: Path) -> tuple[dict[str, Any], int]:
    edges = con.sql(f"select a, b from '{folder}/edges.parquet'").fetchnumpy()
    return edges, 1 + int(max(edges["a"].max(initial=0), edges["b"].max(initial=0)))


def _keep(con: duckdb.DuckDBPyConnection, label: Any) -> None:
    con.register("found", {"node": np.arange(len(label)), "cluster": label})
    con.execute("create table labels as select * from found where node > 0")


PEERS: dict[str, Callable[[duckdb.DuckDBPyConnection, Path, Phases], None]] = {
    "limit": limit,
    "splink": splink,
    "recursive": recursive,
    "scipy": scipy,
    "igraph": igraph,
}


def main(name: str, folder: Path) -> None:
    phases: Phases = {}
    with duckdb.connect() as con:
        PEERS[name](con, folder, phases)
        if con.sql("select 1 from duckdb_tables() where table_name = 'labels'").fetchone():
            con.execute(f"copy labels to '{folder}/{name}.parquet' (format parquet)")
    (folder / f"{name}.json").write_text(json.dumps(phases))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
