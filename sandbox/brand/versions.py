"""Versions of things that change: from moments of change to numbered rows.

A thing's versions are its distinct moments of change, in whole seconds as the vendors stamp them, so ``updated_at``
rises strictly with the version. What a version says follows from its moment alone: everything that had happened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sandbox.brand.basis import Ints


@dataclass
class Versions:
    """One entry a version: which thing, its number from 1, its moment."""

    thing: Ints
    number: Ints
    at: Ints

    def __len__(self) -> int:
        return len(self.thing)


def number_versions(changes: Iterable[tuple[Ints, Ints]], end: int) -> Versions:
    """Merge (thing, moment) pairs; what lies beyond the world's end is left out. Ordered by thing and moment."""
    pairs = list(changes)
    thing = np.concatenate([pair[0] for pair in pairs])
    at = np.concatenate([pair[1] for pair in pairs])
    within = at < end
    thing, at = thing[within], at[within]
    order = np.lexsort((at, thing))
    thing, at = thing[order], at[order]
    new = np.ones(len(thing), dtype=bool)
    new[1:] = (thing[1:] != thing[:-1]) | (at[1:] != at[:-1])
    thing, at = thing[new], at[new]
    return Versions(thing, np.arange(len(thing)) - np.searchsorted(thing, thing) + 1, at)
