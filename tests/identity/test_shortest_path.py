"""The path between two records: as few edges as can be, the stronger rules among as few, none where nothing leads."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import shortest_path as hops

from identity.graph import Edge, shortest_path


def edge(start: str, end: str, rank: int = 5) -> Edge:
    return Edge(start, end, f"rule_{rank}", rank, "shopify", "email", "0123456789", None, None)


def steps(path: list[Edge] | None) -> list[str] | None:
    return path if path is None else [f"{each.record_key_from}{each.record_key_to}{each.match_rank}" for each in path]


def test_few_edges_go_before_strong_ones() -> None:
    edges = [edge("a", "b", 1), edge("b", "c", 1), edge("a", "c", 900)]
    assert steps(shortest_path(edges, "a", "c")) == ["ac900"]


def test_among_as_few_the_stronger_rules() -> None:
    edges = [edge("a", "b", 3), edge("b", "d", 3), edge("a", "c", 2), edge("c", "d", 2), edge("c", "d", 9)]
    assert steps(shortest_path(edges, "a", "d")) == ["ac2", "cd2"]


def test_edges_are_turned_along_the_way() -> None:
    assert steps(shortest_path([edge("b", "a"), edge("b", "c")], "a", "c")) == ["ab5", "bc5"]


def test_no_way_and_no_need_of_one() -> None:
    assert shortest_path([edge("a", "b")], "a", "c") is None
    assert shortest_path([], "a", "b") is None
    assert shortest_path([edge("a", "b")], "a", "a") == []


PAIRS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(1, 1000)), max_size=30)


@settings(deadline=None)
@given(PAIRS, st.integers(0, 11), st.integers(0, 11))
def test_as_short_as_in_any_graph(pairs: list[tuple[int, int, int]], start: int, end: int) -> None:
    found = shortest_path([edge(f"{a:02}", f"{b:02}", rank) for a, b, rank in pairs], f"{start:02}", f"{end:02}")
    left, right = [a for a, *_ in pairs], [b for _, b, _ in pairs]
    graph = coo_matrix((np.ones(len(pairs)), (left, right)), shape=(12, 12)).tocsr()
    distance = hops(graph, directed=False, unweighted=True, indices=start)[end]
    if found is None:
        assert np.isinf(distance)
        return
    assert len(found) == distance
    ends = [f"{start:02}", *(each.record_key_to for each in found)]
    assert [each.record_key_from for each in found] == ends[:-1]
    assert ends[-1] == f"{end:02}"
