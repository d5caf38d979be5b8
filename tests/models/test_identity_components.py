"""The rounds of contract_components against scipy, on graphs that are hard for it: chains, stars, combs, random ones."""

from __future__ import annotations

import re

import duckdb
import jinja2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from tests.models.conftest import PROJECT

ROUNDS = len(list((PROJECT / "models" / "intermediate" / "identity").glob("int_identity__contraction_*.sql")))


def rendered(macro: str, *arguments: str) -> str:
    text = (PROJECT / "macros" / "identity" / "contract_components.sql").read_text()
    return getattr(jinja2.Environment().from_string(text).module, macro)(*arguments)


def components(edges: np.ndarray, nodes: int) -> tuple[np.ndarray, int]:
    """Smallest node of each node's component after all rounds, and how many edges the last round was given."""
    con = duckdb.connect()
    left, right = edges[:, 0], edges[:, 1]
    con.execute("create table round_0 as select * from (select unnest($1) as a, unnest($2) as b)", [left, right])
    con.execute("create table labels as select range as node, range as label from range($1)", [nodes])
    for number in range(1, ROUNDS + 1):
        columns = ("a", "b") if number == 1 else ("left_leader", "right_leader")
        sql = rendered("contract_components", f"round_{number - 1}", *columns, str(number))
        con.execute(f"create table round_{number} as {sql}")
        con.execute(
            f"create or replace table labels as select labels.node, coalesce(leaders.leader, labels.label) as label "
            f"from labels left join {rendered('leaders_of', f'round_{number}')} as leaders on leaders.node = labels.label"
        )
    found = con.execute(
        "select min(node) over (partition by label) as label from labels order by node nulls last"
    ).fetchnumpy()["label"]
    return found, con.execute(f"select count(*) from round_{ROUNDS}").fetchone()[0]


def expected(edges: np.ndarray, nodes: int) -> np.ndarray:
    """The smallest node of each node's component."""
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(nodes, nodes))
    label = connected_components(graph, directed=False)[1]
    smallest = np.full(label.max() + 1, nodes)
    np.minimum.at(smallest, label, np.arange(nodes))
    return smallest[label]


def chain(order: np.ndarray) -> np.ndarray:
    return np.stack([order[:-1], order[1:]], axis=1)


GRAPHS = {
    "chain in order": (chain(np.arange(250)), 250),
    "chain shuffled": (chain(np.random.default_rng(1).permutation(200)), 200),
    "star around the largest": (np.stack([np.full(99, 99), np.arange(99)], axis=1), 100),
    "comb": (np.concatenate([chain(np.arange(50)), np.stack([np.arange(50), np.arange(50, 100)], axis=1)]), 100),
    "random, many small": (np.random.default_rng(2).integers(0, 4000, (2400, 2)), 4000),
    "random, one giant": (np.random.default_rng(3).integers(0, 1000, (1500, 2)), 1000),
    "twice and to itself": (np.array([[0, 1], [1, 0], [2, 2]]), 3),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_equals_scipy(name: str) -> None:
    edges, nodes = GRAPHS[name]
    found, still_open = components(edges, nodes)
    assert (found == expected(edges, nodes)).all()
    assert still_open == 0, "the last round still had work: no room left"


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), nodes=st.integers(2, 300), density=st.floats(0.1, 3))
def test_random_graphs_equal_scipy(seed: int, nodes: int, density: float) -> None:
    """Sparse ones fall into many pieces, dense ones into one; skewed ones have hubs, as identifiers do."""
    random = np.random.default_rng(seed)
    edges = (nodes * random.random((max(1, int(nodes * density)), 2)) ** random.integers(1, 4)).astype(np.int64)
    found, still_open = components(edges, nodes)
    assert (found == expected(edges, nodes)).all()
    assert still_open == 0, "the last round still had work: no room left"


def test_all_rounds_are_followed() -> None:
    """A round without its join in int_identity__connected_records would leave its merges out."""
    text = (PROJECT / "models" / "intermediate" / "identity" / "int_identity__connected_records.sql").read_text()
    assert {int(number) for number in re.findall(r"contraction_(\d+)", text)} == set(range(1, ROUNDS + 1))
    assert {int(number) for number in re.findall(r"(?:left|inner) join round_(\d+)", text)} == set(range(1, ROUNDS + 1))
