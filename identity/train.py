"""Train the model of identity/scoring.py on a home's warehouse, without labels: ``python -m identity.train``.

    u (agreement among strangers)   counted on random pairs, with a fixed seed
    m (agreement among matches)     expectation maximisation over pairs that share something, in several rounds; what a round
                                    blocks on it can't learn, so the rounds differ, and the median of their answers counts
    partners                        pairs that strict rules find, over the share of matches that such rules are said to find

The build never trains: it reads identity/model.json, which this command writes together with the charts beside it.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from identity.comparisons import COMPARISONS, CONTRADICTIONS, ELSE
from identity.scoring import MODEL_FILE, Model, chance_of, describe, settings

if TYPE_CHECKING:
    from splink.internals.database_api import DatabaseAPI
    from splink.internals.splink_dataframe import SplinkDataFrame

SEED = 1
RANDOM_PAIRS = 2e6
# None blocks on what a household shares: its pairs would teach that one person has several given names.
ROUNDS = (
    ("cluster_number",),
    ("birth_date",),
    ("personal_number",),
    ("given_name", "family_name"),
    ("given_name", "postcode"),
)
ROUND_PAIRS = 1e6
STRICT = (
    ("given_name", "family_name", "birth_date"),
    ("given_name", "family_name", "address_line"),
    ("given_name", "family_name", "phone"),
    ("given_name", "family_name", "personal_number"),
    ("given_name", "birth_date", "postcode"),
)
STRICT_RECALL = 0.7
"""Share of matches that the strict rules find. A guess: twice as many partners shift every match weight by one bit."""
LEAST = {"m": 1e-4, "u": 1e-7}
"""No level is impossible: one that training never saw among matches (m) or strangers (u) gets this."""
ORDINARY = {"m": 0.9, "u": 1e-3}
"""Of a comparison that training could not learn, because nobody fills it in: share of the best level among matches, and of
each level but the last among strangers."""
VETO_BELOW = 0.05
"""An attribute forbids a join where at most this share of matches disagree in it. Shops' records do so in one of fifty; where
names and dates are replaced by others, as in FEBRL's sets, a veto would only part people from themselves."""
ACCEPT, REVIEW = 0.99, 0.5


def train(api: DatabaseAPI[Any], described: SplinkDataFrame, count: int) -> Model:
    """A model for descriptions (from ``scoring.describe``), of which there are ``count``. Raises ValueError below 100."""
    if count < 100:
        raise ValueError(f"{count} descriptions of people are too few to train on; at least 100 are needed")
    from splink import Linker, block_on
    from splink.internals.exceptions import EMTrainingException

    logging.getLogger("splink").setLevel(logging.ERROR)  # it warns of each comparison that nobody fills in
    engine = api.sql_dialect.sql_dialect_str
    partners = _partners(api, described, count)
    linker = Linker(
        described, settings(engine, chance_of(partners, count), across_clusters=False), log_level=None, validate_settings=False
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=SEED)
    for columns in ROUNDS:
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*columns), estimate_without_term_frequencies=True, max_pairs=ROUND_PAIRS
            )
        except EMTrainingException:
            continue  # nothing shares this here
    weights = _weights(linker)
    vetoes = tuple(
        attribute
        for attribute in CONTRADICTIONS
        if attribute not in weights or weights[attribute][ELSE]["m"] <= VETO_BELOW
    )
    return Model(partners, weights, vetoes, ACCEPT, REVIEW)


def _partners(api: DatabaseAPI[Any], described: SplinkDataFrame, count: int) -> float:
    """Matching descriptions in other clusters per description, from the pairs that any strict rule finds."""
    found = " union ".join(
        f"select l.record_number as left_number, r.record_number as right_number from {described.physical_name} as l"
        f" inner join {described.physical_name} as r on {' and '.join(f'l.{name} = r.{name}' for name in rule)}"
        " and l.record_number < r.record_number and l.cluster_number <> r.cluster_number"
        for rule in STRICT
    )
    pairs = api.query_sql(f"select count(*) as pairs from ({found}) as found").as_record_list()[0]["pairs"]
    return max(0.01, 2 * pairs / STRICT_RECALL / count)


def _weights(linker: Any) -> dict[str, dict[str, dict[str, float]]]:
    """Probabilities per comparison and level; those of a comparison sum to 1."""
    weights = {}
    for asked, trained in zip(COMPARISONS, linker._settings_obj.core_model_settings.comparisons, strict=True):  # noqa: SLF001
        levels = trained._comparison_levels_excluding_null  # noqa: SLF001
        m = _shares([level._trained_m_median for level in levels], "m")  # noqa: SLF001
        u = _shares([level._trained_u_median for level in levels], "u")  # noqa: SLF001
        weights[asked.name] = {label: {"m": m[number], "u": u[number]} for number, label in enumerate(asked.labels)}
    return weights


def _shares(medians: list[float | None], side: str) -> list[float]:
    """Shares that sum to 1, best level first, none below LEAST."""
    if not any(medians):
        lesser = len(medians) - 1
        if side == "m":
            return [ORDINARY["m"], *[(1 - ORDINARY["m"]) / lesser] * lesser]
        return [*[ORDINARY["u"]] * lesser, 1 - ORDINARY["u"] * lesser]
    filled = [max(share or 0.0, LEAST[side]) for share in medians]
    return [share / sum(filled) for share in filled]
