"""Which scored pairs are joined: average linkage with a veto, so that no chain of good pairs joins what contradicts
itself.

Nodes are clusters of exact identifiers. Of the groups that pairs above the threshold bring together, the two with the
highest mean match weight are joined first, and again, while that mean is above the threshold. Two groups never join if
half or more of the pairs between them that can be asked for a given name, a birth date or a name's suffix contradict:
one slip among many descriptions is outvoted, a household's other member, a twin or a junior is not. A group with two
suitors that can't be one person and fit equally well goes to neither.

Complexity: a component of n clusters costs n^3 steps at most, and components are small; larger ones than MAX_CLUSTERS
are refused whole, since so many clusters about one person is a sign of junk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MAX_CLUSTERS = 100
MARGIN = 2.0
"""Bits by which the better of two suitors that exclude each other must win."""
UNSCORED = -3.0
"""Bits of two clusters that no blocking key brought together: they share little, but may be two bad spellings."""

Pair = tuple[int, int]


@dataclass(frozen=True)
class Tie:
    """What is known of two clusters: their best match weight (bits; None if no key brought them together), and per
    attribute how many pairs of descriptions can be asked and how many of these contradict.
    """

    weight: float | None
    asked: tuple[int, ...] = ()
    contradicting: tuple[int, ...] = ()


@dataclass
class _Bond:
    """The sum of the ties between two groups."""

    total: float
    count: int
    scored: int
    asked: list[int]
    contradicting: list[int]

    @property
    def mean(self) -> float:
        return self.total / self.count

    @property
    def is_vetoed(self) -> bool:
        return any(2 * bad >= asked > 0 for asked, bad in zip(self.asked, self.contradicting, strict=True))

    def add(self, other: _Bond) -> None:
        self.total += other.total
        self.count += other.count
        self.scored += other.scored
        self.asked = [a + b for a, b in zip(self.asked, other.asked, strict=True)]
        self.contradicting = [a + b for a, b in zip(self.contradicting, other.contradicting, strict=True)]


def join(ties: Mapping[Pair, Tie], accept: float, review: float) -> tuple[list[set[int]], set[Pair]]:
    """Groups of two clusters or more, and the pairs that were refused because two suitors excluded each other.

    ``ties`` has one entry for every two clusters of one component (smaller number first); ``accept`` and ``review`` are
    the thresholds in bits. The order of ``ties`` does not matter.
    """
    groups = {node: {node} for node in sorted({node for pair in ties for node in pair})}
    bonds = {
        pair: _Bond(
            UNSCORED if tie.weight is None else tie.weight,
            1,
            int(tie.weight is not None),
            list(tie.asked),
            list(tie.contradicting),
        )
        for pair, tie in sorted(ties.items())
    }
    ambiguous: set[Pair] = set()
    while open_pairs := [
        pair for pair, bond in bonds.items() if pair not in ambiguous and bond.mean >= accept and not bond.is_vetoed
    ]:
        best = max(open_pairs, key=lambda pair: (bonds[pair].mean, -pair[0], -pair[1]))
        rivals = set(_rivals(best, open_pairs, bonds, review))
        if rivals:
            ambiguous |= rivals | {best}
            continue
        kept, gone = best
        groups[kept] |= groups.pop(gone)
        for other in groups:
            if other != kept:
                bonds[_pair(kept, other)].add(bonds.pop(_pair(gone, other)))
        ambiguous = {
            _pair(*(kept if node == gone else node for node in pair)) for pair in ambiguous if pair != best
        } - {(kept, kept)}
        del bonds[best]
    return [group for group in groups.values() if len(group) > 1], ambiguous


def _rivals(best: Pair, open_pairs: list[Pair], bonds: Mapping[Pair, _Bond], review: float) -> Iterator[Pair]:
    """Open pairs of one end of ``best`` that are about as good, and whose far end can't be one with that of
    ``best``.
    """
    for pair in open_pairs:
        shared = set(pair) & set(best)
        if len(shared) == 1 and bonds[pair].mean > bonds[best].mean - MARGIN:
            between = bonds[_pair(*(set(pair) ^ set(best)))]
            if between.is_vetoed or (between.scored and between.mean < review):
                yield pair


def _pair(left: int, right: int) -> Pair:
    return (left, right) if left < right else (right, left)
