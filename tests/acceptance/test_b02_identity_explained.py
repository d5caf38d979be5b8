"""B02: for any two records a path of edges with source and time, or that there is none; 100 random pairs against the graph."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, shortest_path

from identity import explain
from orchestration.identity import CLUSTERS, LARGEST, markdown
from tests.conftest import Road, Walk

KEY = "0" * 64
PAIRS = 100


@dataclass
class Graph:
    """Every record and every edge that holds, as plain sets; ``label`` is the component of each record."""

    records: list[str]
    customer: dict[str, str]
    edges: set[tuple[str, str, str, str, datetime | None]]
    matrix: csr_matrix
    label: np.ndarray


@pytest.fixture(scope="module")
def graph(first: Walk) -> Graph:
    with first.warehouse() as con:
        customer = dict(
            con.sql("select record_key, customer_id from intermediate.int_identity__record_customers").fetchall()
        )
        edges = con.sql(
            "select record_key_from, record_key_to, match_rule, source_system, first_seen_at "
            "from intermediate.int_identity__edges"
        ).fetchall()
    records = sorted(customer)
    place = {record: number for number, record in enumerate(records)}
    # An edge may be there and hold nothing: what a person, a limit or the size of a cluster keeps apart.
    holding = {edge for edge in edges if customer[edge[0]] == customer[edge[1]]}
    left, right = ([place[edge[side]] for edge in holding] for side in (0, 1))
    matrix = csr_matrix((np.ones(len(left)), (left, right)), shape=(len(records),) * 2)
    return Graph(records, customer, holding, matrix, connected_components(matrix, directed=False)[1])


def random_pairs(graph: Graph) -> list[tuple[int, int]]:
    """Half of one component of three records or more, half of any two records."""
    rng = np.random.default_rng(20)
    sizes = np.bincount(graph.label)
    large = rng.choice(np.flatnonzero(sizes >= 3), PAIRS // 2)
    joined = [tuple(rng.choice(np.flatnonzero(graph.label == label), 2, replace=False)) for label in large]
    apart = [tuple(rng.choice(len(graph.records), 2, replace=False)) for _ in range(PAIRS - len(joined))]
    return [(int(a), int(b)) for a, b in joined + apart]


def test_a_hundred_pairs_agree_with_the_graph(first: Walk, graph: Graph) -> None:
    pairs = random_pairs(graph)
    lengths = []
    with first.warehouse() as con:
        for a, b in pairs:
            start, end = graph.records[a], graph.records[b]
            answer = explain.between(con, start, end, KEY)
            distance = shortest_path(graph.matrix, directed=False, unweighted=True, indices=a)[b]
            if np.isinf(distance):
                assert answer.path is None
                assert graph.customer[start] != graph.customer[end]
                continue
            assert answer.path is not None
            assert len(answer.path) == distance
            ends = [start, *(edge.record_key_to for edge in answer.path)]
            assert [edge.record_key_from for edge in answer.path] == ends[:-1]
            assert ends[-1] == end
            for edge in answer.path:
                told = (edge.match_rule, edge.source_system, edge.first_seen_at)
                ways = {
                    (edge.record_key_from, edge.record_key_to, *told),
                    (edge.record_key_to, edge.record_key_from, *told),
                }
                assert ways & graph.edges, "an edge that the graph does not have"
            lengths.append(distance)
    assert len(lengths) >= PAIRS // 2
    assert len(lengths) < PAIRS, "no pair was apart: nothing was tested"
    assert max(lengths) > 1


def test_what_was_refused_between_two_customers_is_named(first: Walk, graph: Graph) -> None:
    """Every pair of customers that meet in one refused value: the answer says which type and why, and not its value."""
    with first.warehouse() as con:
        shared = con.sql(
            """
            select a.record_key, b.record_key, a.identifier_type, a.identifier_value, refused.refused_reason
            from intermediate.int_identity__record_identifiers as a
            inner join intermediate.int_identity__record_identifiers as b using (identifier_type, identifier_value)
            inner join intermediate.int_identity__refused_identifiers as refused using (identifier_type, identifier_value)
            where a.record_key < b.record_key and a.identifier_type in ('email', 'phone')
            order by hash(a.record_key || b.record_key)
            """
        ).fetchall()
        apart = [row for row in shared if graph.customer[row[0]] != graph.customer[row[1]]]
        assert len(apart) > 20
        for near, far, kind, value, reason in apart[:20]:
            answer = explain.between(con, near, far, KEY)
            named = {(each.identifier_type, each.refused_reason) for each in answer.refused}
            assert (kind, reason) in named
            assert value not in explain.text(answer)


def test_a_customer_is_explained_whole(first: Walk, graph: Graph) -> None:
    largest = max(
        set(graph.customer.values()), key=lambda each: (sum(c == each for c in graph.customer.values()), each)
    )
    with first.warehouse() as con:
        answer = explain.of_customer(con, largest, KEY)
    assert {each.record_key for each in answer.records} == {r for r, c in graph.customer.items() if c == largest}
    assert len(answer.edges) == sum(graph.customer[edge[0]] == largest for edge in graph.edges)
    assert "@" not in explain.text(answer)


def test_the_command_answers_a_person(road: Road, first: Walk, graph: Graph, tmp_path: Path) -> None:
    a, b = next(pair for pair in random_pairs(graph) if graph.label[pair[0]] == graph.label[pair[1]])
    start, end = graph.records[a], graph.records[b]
    done = road.command("identity", "explain", start, end, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["near"]["customer_id"] == answer["far"]["customer_id"] == graph.customer[start]
    assert answer["path"][0]["record_key_from"] == start
    # The hash is that of the marts, cut short, so that a value can be found there.
    hashes = {edge["identifier_hash"] for edge in answer["path"] if edge["identifier_hash"]}
    with first.marts() as con:
        known = {
            value[:10] for (value,) in con.sql("select identifier_hash from bridge_customer_identifiers").fetchall()
        }
    assert hashes <= known
    unknown = road.command("identity", "explain", start, "nobody:1")
    assert unknown.returncode == 2
    assert "no record nobody:1" in unknown.stderr


def test_the_largest_clusters_are_shown_without_personal_data(first: Walk, graph: Graph) -> None:
    with first.warehouse() as con:
        found = con.execute(LARGEST, {"clusters": CLUSTERS})
        names = [column[0] for column in found.description]
        clusters = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    sizes = sorted(np.bincount(graph.label), reverse=True)[:CLUSTERS]
    assert [row["records"] for row in clusters] == sizes
    for row in clusters:
        inside = [edge for edge in graph.edges if graph.customer[edge[0]] == row["customer_id"]]
        counts = dict(part.rsplit(" ", 1) for part in row["match_rules"].split(", "))
        assert {rule: int(n) for rule, n in counts.items()} == {
            rule: sum(edge[2] == rule for edge in inside) for rule in {edge[2] for edge in inside}
        }
    shown = markdown(clusters)
    assert len(shown.splitlines()) == 2 + CLUSTERS
    with first.warehouse() as con:
        values = con.sql("select distinct identifier_value from intermediate.int_identity__identifiers").fetchall()
    assert not [value for (value,) in values if len(value) > 4 and value in shown]


def test_a_warehouse_of_an_empty_shop_says_so(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        con.execute("create schema intermediate")
        con.execute(
            "create table intermediate.int_identity__record_customers (record_key varchar, customer_id varchar)"
        )
        con.execute("create table intermediate.int_identity__components (record_key varchar, component_number bigint)")
        with pytest.raises(LookupError, match="no record a:1"):
            explain.between(con, "a:1", "b:2", KEY)
