"""Removal effects of a Markov chain of paths, by solving it: nothing is simulated.

Anderl, Becker, von Wangenheim and Schumann (2016), "Mapping the customer journey", International Journal of Research in
Marketing 33(3): the removal effect of a channel is the share of conversions that is lost when every path that comes to
the channel ends there without converting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

START, CONVERSION, NULL = "(start)", "(conversion)", "(null)"
SEPARATOR = " > "

Transition = tuple[str, str, float]
"""From a state, to a state, how often. A state is one channel, or several joined by SEPARATOR, the newest last."""


@dataclass(frozen=True)
class Chain:
    """``conversion_probability`` of a path from its start, ``removal_effects`` by channel (0 to 1)."""

    conversion_probability: float
    removal_effects: Mapping[str, float]


def solve(transitions: Sequence[Transition]) -> Chain:
    """The chain of these counts. Raises ValueError for paths that never end, whose chain has no solution.

    With N the expected visits (the inverse of I - Q) and x = N r the probability to convert from each state, taking
    away the states C takes ``s N[:, C] inv(N[C, C]) x[C]`` off the probability ``s x``: the chance to come to C for the
    first time in each of its states, times the chance to convert from there. One inverse serves all channels.
    """
    states = sorted({state for one, other, _ in transitions for state in (one, other)} - {START, CONVERSION, NULL})
    place = {state: row for row, state in enumerate(states)}
    n = len(states)
    if not n:
        return Chain(0.0, {})
    into = {**place, CONVERSION: n, NULL: n + 1}
    counts = np.zeros((n + 1, n + 2))
    for one, other, count in transitions:
        counts[n if one == START else place[one], into[other]] += count
    leaving = counts.sum(axis=1, keepdims=True)
    if (leaving == 0).any():
        never = [*states, START][int(np.flatnonzero(leaving[:, 0] == 0)[0])]
        raise ValueError(f"no path goes on or ends after {never!r}")
    shares = counts / leaving
    try:
        visits = np.linalg.inv(np.eye(n) - shares[:n, :n])
    except np.linalg.LinAlgError:
        raise ValueError("some paths never end: a group of states leads only to itself") from None
    start, converts = shares[n, :n], visits @ shares[:n, n]
    probability = float(start @ converts)
    newest = np.array([state.rpartition(SEPARATOR)[2] for state in states])
    effects = {}
    for channel in sorted(set(newest.tolist())):
        here = np.flatnonzero(newest == channel)
        first_met = np.linalg.solve(visits[np.ix_(here, here)].T, start @ visits[:, here])
        lost = float(first_met @ converts[here])
        effects[channel] = min(max(lost / probability, 0.0), 1.0) if probability > 0 else 0.0
    return Chain(probability, effects)
