"""Shapley values of channels, exact over all coalitions; Shapley (1953), "A value for n-person games".

Two worths of a coalition S, by the channel sets of the paths that S holds whole:

* ``count``: their conversions. Each conversion is a game of its own in which all the set's channels are needed and none
  is more needed than another, so the value is an even split of every conversion between its channels. It needs no
  2^n coalitions, and it can't be negative.
* ``rate``: their conversions per path. Not monotone: a channel whose paths convert seldom can have a negative value.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def of_counts(sets: Ints, conversions: Ints, channels: int) -> Floats:
    """Value of each channel by ``count``. ``sets``: bit k is channel k. They sum to all conversions."""
    member = (sets[:, None] >> np.arange(channels)) & 1
    size = member.sum(axis=1, keepdims=True)
    return np.asarray((member * (conversions[:, None] / np.maximum(size, 1))).sum(axis=0))


def of_rates(sets: Ints, conversions: Ints, paths: Ints, channels: int) -> Floats:
    """Value of each channel by ``rate``; they sum to the rate of all paths."""
    converted, seen = np.zeros(1 << channels), np.zeros(1 << channels)
    np.add.at(converted, sets, conversions)
    np.add.at(seen, sets, paths)
    inside, tried = sum_over_subsets(converted), sum_over_subsets(seen)
    return values(np.divide(inside, tried, out=np.zeros_like(inside), where=tried > 0))


def sum_over_subsets(worth: Floats) -> Floats:
    """For each set the sum of ``worth`` over its subsets; index of ``worth``: the set as bits."""
    summed = worth.copy()
    for bit in range(int(math.log2(len(worth)))):
        halves = summed.reshape(-1, 2, 1 << bit)
        halves[:, 1] += halves[:, 0]
    return summed


def values(worth: Floats) -> Floats:
    """Shapley value of each player of any game; ``worth``: of each coalition as bits, that of none is taken off."""
    players = int(math.log2(len(worth)))
    size = ((np.arange(len(worth))[:, None] >> np.arange(players)) & 1).sum(axis=1)
    weight = np.array(
        [math.factorial(k) * math.factorial(players - k - 1) / math.factorial(players) for k in range(players)]
    )
    found = np.zeros(players)
    for player in range(players):
        halves = worth.reshape(-1, 2, 1 << player)
        sizes = size.reshape(-1, 2, 1 << player)[:, 0]
        found[player] = (weight[sizes] * (halves[:, 1] - halves[:, 0])).sum()
    return found
