"""The one table that the warehouse's Python model is: each channel's removal effect, Shapley value and weights.

A weight is what a channel's touches share on each path, at most 1. A path's credit goes to its channels in proportion
to it, so credit sums to 1 per conversion. By count that gives a channel exactly its Shapley value; by removal effects
and by rate its total is near the model's own, not equal.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from attribution import markov, shapley

LEAST_WEIGHT = 1e-9
"""Of a channel without worth: it has credit where nothing better is on the path, and none to speak of elsewhere."""

SCHEMA = pa.schema(
    [("channel", pa.string()), ("channel_rank", pa.int64())]
    + [(name, pa.float64()) for name in ("conversion_probability", "removal_effect", "markov_weight")]
    + [(name, pa.float64()) for name in ("shapley_value", "shapley_weight")]
)


def channel_values(
    transitions: pa.Table, channel_sets: pa.Table, touch_kinds: pa.Table, settings: pa.Table
) -> pa.Table:
    """One row per channel that occurs. ``shapley_value`` is in conversions, whatever a coalition is worth."""
    ranks = dict(zip(*(touch_kinds[name].to_pylist() for name in ("channel", "channel_rank")), strict=True))
    if not ranks:
        return SCHEMA.empty_table()
    chosen: dict[str, Any] = settings.to_pylist()[0]
    chain = markov.solve(
        list(zip(*(transitions[name].to_pylist() for name in ("from_state", "to_state", "path_count")), strict=True))
    )
    value, weight = _shapley(channel_sets, ranks, chosen)
    rows = [
        {
            "channel": channel,
            "channel_rank": rank,
            "conversion_probability": chain.conversion_probability,
            "removal_effect": (effect := chain.removal_effects.get(channel, 0.0)),
            "markov_weight": max(effect, LEAST_WEIGHT),
            "shapley_value": value[channel],
            "shapley_weight": weight[channel],
        }
        for channel, rank in sorted(ranks.items())
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _shapley(
    channel_sets: pa.Table, ranks: dict[str, int], chosen: dict[str, Any]
) -> tuple[dict[str, float], dict[str, float]]:
    """Value and weight by channel; channels beyond the setting share the value of their group evenly."""
    read = ("channel_set", "conversion_count", "path_count")
    # In one order whatever the engine's: a sum of fractions differs by it in the last digit.
    ordered = channel_sets.sort_by([(name, "ascending") for name in read])
    sets, conversions, paths = (ordered[name].to_numpy().astype(np.int64) for name in read)
    if chosen["shapley_value"] == "count":
        found = shapley.of_counts(sets, conversions, len(ranks))
        return {channel: float(found[rank - 1]) for channel, rank in ranks.items()}, dict.fromkeys(ranks, 1.0)
    own = min(chosen["shapley_channels"], len(ranks))
    grouped = len(ranks) - own
    found = shapley.of_rates(sets, conversions, paths, own + (grouped > 0))
    total = found.sum()
    found = found * (conversions.sum() / total if total else 0.0)
    value = {
        channel: float(found[rank - 1] if rank <= own else found[own] / grouped) for channel, rank in ranks.items()
    }
    most = max([*value.values(), LEAST_WEIGHT])
    return value, {channel: max(one / most, LEAST_WEIGHT) for channel, one in value.items()}
