"""Average linkage with vetoes: what is joined, what is refused, and that the order of the ties does not matter."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from identity.joining import Tie, join

ACCEPT, REVIEW = 3.0, 0.0


def agree(weight: float | None) -> Tie:
    return Tie(weight, (1,), (0,))


def contradict(weight: float | None) -> Tie:
    return Tie(weight, (1,), (1,))


def groups(ties: dict[tuple[int, int], Tie]) -> list[set[int]]:
    return sorted(join(ties, ACCEPT, REVIEW)[0], key=min)


def test_a_household_stays_apart_however_well_all_else_agrees():
    assert groups({(1, 2): contradict(40)}) == []


def test_a_chain_does_not_join_what_contradicts_itself():
    """A record without a birth date fits father and son equally well: it goes to neither, and they stay apart."""
    ties = {(1, 2): agree(20), (2, 3): agree(19), (1, 3): contradict(15)}
    assert join(ties, ACCEPT, REVIEW) == ([], {(1, 2), (2, 3)})


def test_the_clearly_better_suitor_wins():
    ties = {(1, 2): agree(30), (2, 3): agree(12), (1, 3): contradict(15)}
    assert groups(ties) == [{1, 2}]


def test_one_slip_among_many_is_outvoted():
    """A misread name contradicts one of four descriptions; the four others agree with it."""
    ties = {(a, b): agree(25 if b == 5 else 30) for a in range(1, 5) for b in range(a + 1, 6)}
    ties[4, 5] = contradict(5)
    assert groups(ties) == [{1, 2, 3, 4, 5}]


def test_a_namesake_is_not_drawn_in_by_the_card_that_fits_both():
    ties = {(1, 2): agree(9), (2, 3): agree(6), (1, 3): agree(-5)}
    assert groups(ties) == [{1, 2}]


def test_bad_spellings_that_share_no_key_may_meet_through_a_good_one():
    assert groups({(1, 2): agree(30), (2, 3): agree(25), (1, 3): agree(None)}) == [{1, 2, 3}]


weights = st.one_of(st.none(), st.floats(-10, 40).map(lambda bits: round(bits, 1)))
tie = st.builds(Tie, weights, st.just((1,)), st.sampled_from([(0,), (0,), (1,)]))


@given(
    st.integers(2, 7).flatmap(lambda n: st.lists(tie, min_size=n * (n - 1) // 2, max_size=n * (n - 1) // 2)),
    st.randoms(),
)
@settings(max_examples=150, deadline=None)
def test_order_does_not_matter_and_no_group_is_vetoed(ties: list[Tie], random):
    size = next(n for n in range(2, 8) if n * (n - 1) // 2 == len(ties))
    pairs = [(a, b) for a in range(size) for b in range(a + 1, size)]
    told = dict(zip(pairs, ties, strict=True))
    found = groups(told)
    shuffled = list(told.items())
    random.shuffle(shuffled)
    assert groups(dict(shuffled)) == found
    for group in found:
        inside = [told[a, b] for a in group for b in group if a < b]
        assert sum(one.contradicting[0] for one in inside) < max(1, len(inside))
