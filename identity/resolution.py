"""From records to the pairs that scoring joins, keeps for review or refuses: the one function that the build calls.

    describe -> score -> best pair of every two clusters -> components of good pairs -> join, with a veto -> decisions

The engine does what grows with the records; the pairs above the review threshold, a few integers each, come to this
process.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from identity.comparisons import CONTRADICTIONS, SUPPORTED, for_engine, sides
from identity.joining import MAX_CLUSTERS, Pair, Tie, join
from identity.scoring import Model, describe, score

if TYPE_CHECKING:
    from splink.internals.database_api import DatabaseAPI
    from splink.internals.splink_dataframe import SplinkDataFrame

PAIRS = pa.schema(
    [
        ("record_number_from", pa.int64()),
        ("record_number_to", pa.int64()),
        ("match_probability", pa.float64()),
        ("decision", pa.string()),
    ]
)
"""One row per pair of clusters whose best pair of records reaches the review threshold; ``from`` is the older record.
decision: accepted (joined), joined_by_others (its clusters met through better pairs), review (below the threshold),
contradicted, ambiguous (two suitors), oversize."""


def resolve(api: DatabaseAPI[Any], records: str, model: Model) -> pa.Table:
    """Pairs (schema PAIRS, ordered) for a table or view of records (``identity.scoring.DESCRIBED``)."""
    described = describe(api, records)
    count = int(_rows(api, f"select count(*) as descriptions from {described.physical_name}")["descriptions"][0])
    if count < 2:
        return PAIRS.empty_table()
    best = _best_pairs(api, described, score(api, described, count, model), weight_of(model.review))
    pairs = _rows(api, f"select * from {best.physical_name} where weight >= {weight_of(model.review)} order by 1, 2")
    decisions = _decide(api, described, best, pairs, model)
    return pa.table(
        {
            "record_number_from": np.minimum(pairs["left_record"], pairs["right_record"]),
            "record_number_to": np.maximum(pairs["left_record"], pairs["right_record"]),
            "match_probability": np.round(1 / (1 + np.exp2(-pairs["weight"])), 6),
            "decision": pa.array(decisions, pa.string()),
        },
        schema=PAIRS,
    ).sort_by([("record_number_from", "ascending"), ("record_number_to", "ascending")])


def clusters_of(records: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The cluster of each record (named after its smallest) that the ties between ``left`` and ``right`` make."""
    numbers = np.unique(np.concatenate([records, left, right]))
    component = _components(np.searchsorted(numbers, left), np.searchsorted(numbers, right), len(numbers))
    smallest = np.full(component.max(initial=-1) + 1, np.iinfo(np.int64).max)
    np.minimum.at(smallest, component, numbers)
    return smallest[component[np.searchsorted(numbers, records)]]


def weight_of(probability: float) -> float:
    """Match weight in bits: log2 of the odds."""
    return math.log2(probability / (1 - probability))


def _best_pairs(
    api: DatabaseAPI[Any], described: SplinkDataFrame, scored: SplinkDataFrame, review: float
) -> SplinkDataFrame:
    """{left_cluster, right_cluster, left_record, right_record, weight}: the best pair of descriptions of two clusters.

    A pair without support beside the name stays below the review threshold.
    """
    table = described.physical_name
    columns = [column.name.strip('"`') for column in described.columns]
    supported = sides(for_engine(SUPPORTED, api.sql_dialect.sql_dialect_str), columns)
    return api.query_sql(
        f"""
        with judged as (
            select
                scored.record_number_l, scored.record_number_r, scored.cluster_number_l, scored.cluster_number_r,
                case when {supported} then scored.match_weight else {review - 1} end as weight
            from {scored.physical_name} as scored
            inner join {table} as l on scored.record_number_l = l.record_number
            inner join {table} as r on scored.record_number_r = r.record_number
            where scored.match_weight >= {review}
            union all
            select record_number_l, record_number_r, cluster_number_l, cluster_number_r, match_weight
            from {scored.physical_name} where match_weight < {review}
        ), ranked as (
            select
                least(cluster_number_l, cluster_number_r) as left_cluster,
                greatest(cluster_number_l, cluster_number_r) as right_cluster,
                record_number_l as left_record, record_number_r as right_record, weight,
                row_number() over (
                    partition by least(cluster_number_l, cluster_number_r), greatest(cluster_number_l, cluster_number_r)
                    order by weight desc nulls last, record_number_l asc nulls last, record_number_r asc nulls last
                ) as place
            from judged
        )
        select left_cluster, right_cluster, left_record, right_record, weight from ranked where place = 1
        """
    )


def _decide(
    api: DatabaseAPI[Any],
    described: SplinkDataFrame,
    best: SplinkDataFrame,
    pairs: Mapping[str, np.ndarray],
    model: Model,
) -> list[str]:
    """A decision per row of ``pairs``."""
    accept, review = weight_of(model.accept), weight_of(model.review)
    good = pairs["weight"] >= accept
    decisions = np.where(good, "contradicted", "review").astype(object)
    if not good.any():
        return decisions.tolist()
    nodes, ends = np.unique(
        np.concatenate([pairs["left_cluster"][good], pairs["right_cluster"][good]]), return_inverse=True
    )
    component = _components(ends[: good.sum()], ends[good.sum() :], len(nodes))
    sizes = np.bincount(component)
    group_of, ambiguous = {}, set()
    for ties in _ties(api, described, best, nodes, component, sizes, model.vetoes).values():
        groups, unclear = join(ties, accept, review)
        ambiguous |= unclear
        for group in groups:
            group_of.update(dict.fromkeys(group, min(group)))
    component_of = dict(zip(nodes.tolist(), component.tolist(), strict=True))
    joined: dict[int, int] = {}
    for row in np.lexsort((pairs["right_cluster"], pairs["left_cluster"], -pairs["weight"])):
        left, right = int(pairs["left_cluster"][row]), int(pairs["right_cluster"][row])
        if left in group_of and group_of[left] == group_of.get(right):
            # The best pairs that hold a group together are its edges; a pair inside it adds nothing.
            roots = _root(joined, left), _root(joined, right)
            decisions[row] = "joined_by_others"
            if good[row] and roots[0] != roots[1]:
                decisions[row] = "accepted"
                joined[roots[0]] = roots[1]
        elif good[row] and sizes[component_of[left]] > MAX_CLUSTERS:
            decisions[row] = "oversize"
        elif good[row] and {(group_of.get(left, left), group_of.get(right, right)), (left, right)} & ambiguous:
            decisions[row] = "ambiguous"
    return decisions.tolist()


def _ties(
    api: DatabaseAPI[Any],
    described: SplinkDataFrame,
    best: SplinkDataFrame,
    nodes: np.ndarray,
    component: np.ndarray,
    sizes: np.ndarray,
    vetoes: tuple[str, ...],
) -> dict[int, dict[Pair, Tie]]:
    """{component: ties between every two of its clusters}, for components that are not too large."""
    kept = sizes[component] <= MAX_CLUSTERS
    members = api.register(pa.table({"cluster_number": nodes[kept], "component": component[kept]}))
    columns = [column.name.strip('"`') for column in described.columns]
    engine = api.sql_dialect.sql_dialect_str
    counts = "".join(
        f", cast(sum(case when {sides(for_engine(told, engine), columns)} then 1 else 0 end) as bigint)"
        f" as {kind}_{attribute}"
        for attribute in vetoes
        for kind, told in zip(("asked", "bad"), CONTRADICTIONS[attribute], strict=True)
    )
    found = _rows(
        api,
        f"""
        with members as (
            select members.component, described.*
            from {members.physical_name} as members
            inner join {described.physical_name} as described on members.cluster_number = described.cluster_number
        ), asked as (
            select l.component, l.cluster_number as left_cluster, r.cluster_number as right_cluster{counts}
            from members as l
            inner join members as r on l.component = r.component and l.cluster_number < r.cluster_number
            group by l.component, l.cluster_number, r.cluster_number
        )
        select asked.*, best.weight
        from asked
        left join {best.physical_name} as best
            on asked.left_cluster = best.left_cluster and asked.right_cluster = best.right_cluster
        """,
    )
    ties: dict[int, dict[Pair, Tie]] = {}
    asked, bad = (
        list(zip(*(found[f"{kind}_{attribute}"].tolist() for attribute in vetoes), strict=True))
        for kind in ("asked", "bad")
    )
    of_pair = (found[name].tolist() for name in ("component", "left_cluster", "right_cluster", "weight"))
    for row, (number, left, right, weight) in enumerate(zip(*of_pair, strict=True)):
        known = None if math.isnan(weight) else weight
        tie = Tie(known, asked[row], bad[row]) if vetoes else Tie(known)
        ties.setdefault(number, {})[left, right] = tie
    return ties


def _components(left: np.ndarray, right: np.ndarray, size: int) -> np.ndarray:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _root(parents: dict[int, int], node: int) -> int:
    while node in parents:
        node = parents[node]
    return node


def _rows(api: DatabaseAPI[Any], sql: str) -> dict[str, np.ndarray]:
    """A query's columns as arrays; the answer's table is dropped."""
    answer = api.query_sql(sql)
    table = answer.as_pyarrow_table()
    answer.drop_table_from_database_and_remove_from_cache()
    return {name: table[name].to_numpy() for name in table.column_names}
