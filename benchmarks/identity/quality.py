"""How well clusters meet the truth: pairwise precision and recall, and the ceiling of exact identifiers.

A pair of records is true if one person owns both, found if one cluster holds both. The ceiling joins records of one
person that share a normalised identifier, whatever any guard says, and never records of two people: its recall is what
exact identifiers could reach at most.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Quality:
    """Shares between 0 and 1. ``alone``: of records whose person has more, those that share no identifier with one."""

    clusters: int
    largest_cluster: int
    precision: float
    recall: float
    ceiling_recall: float
    alone: float

    @property
    def recall_of_ceiling(self) -> float:
        return self.recall / self.ceiling_recall if self.ceiling_recall else 1.0


def pairs(*labels: Ints) -> int:
    """Pairs of records that agree in every labelling (codes from 0 on)."""
    joint = labels[0]
    for label in labels[1:]:
        joint = joint * (int(label.max(initial=0)) + 1) + label
    sizes = np.unique(joint, return_counts=True)[1].astype(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def ceiling(person: Ints, link_record: Ints, link_identifier: Ints) -> Ints:
    """Component of each record over links (record, identifier), cut between people."""
    shared = np.unique(link_identifier * (int(person.max(initial=0)) + 1) + person[link_record], return_inverse=True)[1]
    size = len(person) + int(shared.max(initial=-1)) + 1
    graph = coo_matrix((np.ones(len(shared), dtype=np.int8), (link_record, len(person) + shared)), shape=(size, size))
    found: Ints = connected_components(graph, directed=False)[1][: len(person)].astype(np.int64)
    return found


def quality(con: duckdb.DuckDBPyConnection, clusters: str, links: str, owners: str) -> Quality:
    """Compare relations.

    Args:
        con: Where they are.
        clusters: {record_key, cluster}, every record once.
        links: {record_key, identifier}, identifiers normalised, with their type.
        owners: {record_key, person_id}, the truth.

    Raises ValueError when a record of the truth is in no cluster, or in two.
    """
    con.execute(
        f"create or replace temp table judged as select record_key, person_id, cluster, "
        f"row_number() over (order by record_key nulls last) - 1 as record "
        f"from {owners} left join {clusters} using (record_key)"
    )
    counted = con.sql("select count(*), count(distinct record_key), count(cluster) from judged").fetchone()
    if counted is None or len(set(counted)) != 1:
        raise ValueError(f"rows, records and records in a cluster must be one number: {counted}")
    found = con.sql(
        "select cast(dense_rank() over (order by person_id nulls last) - 1 as bigint) as person, "
        "cast(dense_rank() over (order by cluster nulls last) - 1 as bigint) as cluster "
        "from judged order by record nulls last"
    ).fetchnumpy()
    linked = con.sql(
        f"select record, cast(dense_rank() over (order by identifier nulls last) as bigint) as identifier "
        f"from {links} inner join judged using (record_key)"
    ).fetchnumpy()
    person, cluster = found["person"], found["cluster"]
    best = ceiling(person, linked["record"], linked["identifier"])
    true, correct = pairs(person), pairs(person, cluster)
    sizes = np.bincount(cluster)
    return Quality(
        clusters=len(sizes),
        largest_cluster=int(sizes.max(initial=0)),
        precision=correct / max(pairs(cluster), 1),
        recall=correct / max(true, 1),
        ceiling_recall=pairs(best) / max(true, 1),
        alone=float((np.bincount(best)[best] == 1)[np.bincount(person)[person] > 1].mean()) if true else 0.0,
    )
