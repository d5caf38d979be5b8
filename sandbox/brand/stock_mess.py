"""The mess of stock: what is held back, stolen, broken, miscounted, booked late, ordered again too late.

Each scenario draws from a stream of its own and decides by item, or by cell (item x location of the online shop). Who
wants an item while it is held back takes another: that is a lost sale, and the only thing here that changes orders.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sandbox.brand.basis import DAY, Basis, Bools, Ints
from sandbox.brand.catalogue import Catalogue

HOLD_DAYS = 12
"""How long an item is held back."""
LONGEST_VISIT = 7_200
NEVER_HELD = 1 << 20


def held_from(basis: Basis, catalogue: Catalogue) -> Ints:
    """By item the day at whose end all of it is held back, for HOLD_DAYS; ``NEVER_HELD`` for most."""
    rng, n = basis.rng("quality holds"), len(catalogue)
    day, chosen = rng.integers(0, basis.span_days, n), rng.random(n) < basis.share("quality_holds")
    return np.where(chosen & ~catalogue.gift_card, day, NEVER_HELD)


def is_held_back(basis: Basis, catalogue: Catalogue, variant: Ints, at: Ints) -> Bools:
    """Whether ``variant[i]`` can't be bought at second ``at[i]``, or in a visit that begins then."""
    begins = (held_from(basis, catalogue)[variant] + 1) * DAY
    held: Bools = (at >= begins - LONGEST_VISIT) & (at < begins + HOLD_DAYS * DAY)
    return held


def take_another(
    basis: Basis, catalogue: Catalogue, started_at: Ints, line_visit: Ints, variant: Ints
) -> tuple[Ints, Ints]:
    """What lines of baskets hold when nothing held back can be put in, and what was wanted instead (-1: the same).

    ``started_at``: second of each visit. A visit that would reach into the hold meets it.
    """
    at = started_at[line_visit]

    def is_held(rows: Ints, wanted: Ints) -> Bools:
        return is_held_back(basis, catalogue, wanted, at[rows]) | catalogue.gift_card[wanted]

    lost = np.flatnonzero(is_held(np.arange(len(variant)), variant) & ~catalogue.gift_card[variant])
    chosen, missed = variant.copy(), np.full(len(variant), -1)
    missed[lost] = variant[lost]
    rng, open_rows = basis.rng("another item"), lost
    near = np.isin(line_visit, line_visit[lost])
    taken = line_visit[near] * len(catalogue) + variant[near]
    for _ in range(200):
        if not len(open_rows):
            return chosen, missed
        tried = rng.choice(len(catalogue), len(open_rows), p=catalogue.popularity)
        keys = line_visit[open_rows] * len(catalogue) + tried
        free = ~is_held(open_rows, tried) & ~np.isin(keys, taken)
        free &= np.isin(np.arange(len(keys)), np.unique(keys, return_index=True)[1])
        chosen[open_rows[free]] = tried[free]
        taken = np.concatenate([taken, keys[free]])
        open_rows = open_rows[~free]
    raise AssertionError("there is always another item to take")


Happened = tuple[int, Ints, Ints]
"""Day, cells, units."""


@dataclass
class StockMess:
    """What happens to the online shop's stock, by cell; and what did happen that no system saw."""

    held_from: Ints
    late: Bools
    """Ordered again too late: the shop sells beyond its stock."""
    booked_late: Bools
    """Of these, what a courier brings is booked a day later."""
    theft: float
    breakage: float
    miscounts: float
    stolen: list[Happened] = field(default_factory=list)
    scrapped: list[Happened] = field(default_factory=list)
    slipped: list[Happened] = field(default_factory=list)
    """What a wrong count said beyond what was there."""

    @classmethod
    def draw(cls, basis: Basis, catalogue: Catalogue, places: int) -> StockMess:
        cells = len(catalogue) * places

        def some(scenario: str) -> Bools:
            return basis.rng(scenario).random(cells) < basis.share(scenario)

        return cls(
            held_from=held_from(basis, catalogue).repeat(places),
            late=some("oversells"),
            booked_late=some("oversells") & some("late_bookings"),
            theft=basis.share("theft"),
            breakage=basis.share("breakage"),
            miscounts=basis.share("miscounts"),
        )

    def is_held(self, day: int) -> Bools:
        """Whether everything of a cell is held back at the end of a day."""
        held: Bools = (day >= self.held_from) & (day < self.held_from + HOLD_DAYS)
        return held
