"""Wish lists: some of what people look at and don't put into the cart, they keep for later.

Laid behind the events of the visits and drawn from a stream of their own, so that no other event changes for them. A
wish makes nobody buy.
"""

from __future__ import annotations

import numpy as np

from sandbox.brand.basis import Basis
from sandbox.brand.timeline import ADDED, VIEWED, WISHED, Timeline

WISH_SHARE = 0.07
A_MOMENT = 700_000
"""Microseconds from the look at a product to the wish, before anything else happens in the visit."""


def with_wishes(basis: Basis, timeline: Timeline) -> Timeline:
    """The timeline with the wishes behind all other events: order within a visit is by moment there, not by place."""
    looked = np.flatnonzero((timeline.kind == VIEWED) & (timeline.visit < timeline.people_visits))
    behind = np.minimum(looked + 1, len(timeline) - 1)
    wished = basis.rng("wishes").random(len(looked)) < WISH_SHARE
    row = looked[wished & (timeline.kind[behind] != ADDED)]
    return timeline.with_more(row, WISHED, A_MOMENT)
