"""Parting a group: no limit is broken, nothing is cut without need, and what falls apart does so at its weakest edge."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.parting import parted

RECORDS = st.integers(1, 9)
EDGES = st.lists(st.tuples(RECORDS, RECORDS).filter(lambda pair: pair[0] != pair[1]), max_size=20)
MARKS = st.lists(st.tuples(RECORDS, st.sampled_from(["card", "loyalty"]), st.integers(1, 4)), max_size=8)
LIMITS = {"card": 1, "loyalty": 2}


def parts(
    edges: list[tuple[int, int]], marks: list[tuple[int, int, str, int | str]], decided: int = 0
) -> dict[int, int]:
    """Record -> part; the first ``decided`` edges are a person's."""
    texts = [f"{one}|{other}|{int(place < decided)}" for place, (one, other) in enumerate(edges)]
    return dict(
        tuple(map(int, pair.split("|"))) for pair in parted(texts, ["|".join(map(str, mark)) for mark in marks])
    )


def held(of: dict[int, int], marks: list[tuple[int, str, int]]) -> dict[tuple[int, str], set[int]]:
    found = defaultdict(set)
    for record, what, value in marks:
        found[of[record], what].add(value)
    return found


@given(EDGES, MARKS)
def test_limits_hold_and_every_cut_has_a_reason(
    edges: list[tuple[int, int]], marks: list[tuple[int, str, int]]
) -> None:
    own = defaultdict(set)
    for record, what, value in marks:
        own[record, what].add(value)
    marks = [mark for mark in marks if len(own[mark[0], mark[1]]) <= LIMITS[mark[1]]]
    of = parts(edges, [(record, LIMITS[what], what, value) for record, what, value in marks])
    values = held(of, marks)
    assert all(len(of_part) <= LIMITS[what] for (_, what), of_part in values.items())
    assert all(min(record for record in of if of[record] == part) == part for part in of.values())
    for one, other in edges:
        if of[one] != of[other]:
            assert any(len(values[of[one], what] | values[of[other], what]) > limit for what, limit in LIMITS.items())


@given(EDGES, st.lists(st.tuples(RECORDS, RECORDS).filter(lambda pair: pair[0] < pair[1]), max_size=3, unique=True))
def test_records_held_apart_stay_apart(edges: list[tuple[int, int]], apart: list[tuple[int, int]]) -> None:
    marks = [(record, 0, f"pair {place}", record) for place, pair in enumerate(apart) for record in pair]
    of = parts(edges, marks, decided=len(edges))
    assert all(of[one] != of[other] for one, other in apart), "not even a person's other decision may join them"


def test_the_weakest_edge_gives_way() -> None:
    """1 and 4 may not be one; 1-2 and 3-4 are strong, 2-3 is the weakest, however many steps lie to either side."""
    assert parts([(1, 2), (3, 4), (2, 3)], [(1, 1, "card", "a"), (4, 1, "card", "b")]) == {1: 1, 2: 1, 3: 3, 4: 3}
    assert parts([(2, 3), (3, 4), (1, 2)], [(1, 1, "card", "a"), (4, 1, "card", "b")]) == {1: 1, 2: 2, 3: 2, 4: 2}


def test_a_person_may_go_beyond_a_limit_but_nobody_after() -> None:
    marks = [(1, 1, "card", "a"), (2, 1, "card", "b"), (3, 1, "card", "c")]
    assert parts([(1, 2), (2, 3)], marks, decided=1) == {1: 1, 2: 1, 3: 3}


def test_a_long_chain_is_no_deep_recursion() -> None:
    assert set(parts([(n, n + 1) for n in range(1, 20_000)], []).values()) == {1}


def test_a_text_of_another_form_is_an_error() -> None:
    with pytest.raises(ValueError, match="not enough values"):
        parted(["1|2"], [])
