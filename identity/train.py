"""Train the model of identity/scoring.py on a home's warehouse, without labels: ``python -m identity.train``.

    u (agreement among strangers)   counted on random pairs, with a fixed seed
    m (agreement among matches)     expectation maximisation over pairs that share something, in several rounds; what a
                                    round blocks on it can't learn, so the rounds differ, and the median of their
                                    answers counts
    partners                        pairs that strict rules find, over the share of matches that such rules are said to
    find

The build never trains: it reads identity/model.json, which this command writes together with the charts beside it.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from identity.comparisons import COMPARISONS, CONTRADICTIONS, ELSE, Comparison
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
LEAST_PAIRS = 200
"""A round over fewer pairs would teach chance. (Over none, Splink raises and leaves its settings without what it was to
learn.)"""
STRICT = (
    ("given_name", "family_name", "birth_date"),
    ("given_name", "family_name", "address_line"),
    ("given_name", "family_name", "phone"),
    ("given_name", "family_name", "personal_number"),
    ("given_name", "birth_date", "postcode"),
)
STRICT_RECALL = 0.7
"""Share of matches that the strict rules find. A guess: twice as many partners shift every match weight by one bit."""
LEAST = {"m": 2e-3, "u": 1e-7}
"""Least share of a level among matches, if strangers show it, and among strangers: nothing that was seen is
impossible."""
ORDINARY = {"m": 0.92, "u": 1e-3}
"""Of a comparison that training could not learn, because nobody fills it in: share of the best level among matches, and
of each level but the last among strangers."""
VETO_BELOW = 0.04
"""An attribute forbids a join where at most this share of matches disagree in it. Shops' records do so in one of fifty;
where names and dates are replaced by others, as in FEBRL's sets, a veto would only part people from themselves."""
ACCEPT, REVIEW = 0.95, 0.5


def train(api: DatabaseAPI[Any], described: SplinkDataFrame, count: int, random_pairs: float = RANDOM_PAIRS) -> Model:
    """A model for descriptions (from ``scoring.describe``), of which there are ``count``. Raises ValueError below
    100.
    """
    if count < 100:
        raise ValueError(f"{count} descriptions of people are too few to train on; at least 100 are needed")
    from splink import Linker, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)  # it warns of each comparison that nobody fills in
    engine = api.sql_dialect.sql_dialect_str
    partners = _partners(api, described, count)
    linker = Linker(
        described,
        settings(engine, chance_of(partners, count), across_clusters=False),
        log_level=None,
        validate_settings=False,
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=random_pairs, seed=SEED)
    for columns in ROUNDS:
        if _pairs_sharing(api, described, columns) >= LEAST_PAIRS:
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*columns), estimate_without_term_frequencies=True, max_pairs=ROUND_PAIRS
            )
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


def _pairs_sharing(api: DatabaseAPI[Any], described: SplinkDataFrame, columns: tuple[str, ...]) -> int:
    names = ", ".join(columns)
    known = " and ".join(f"{name} is not null" for name in columns)
    counted = api.query_sql(
        f"select coalesce(sum(n * (n - 1) / 2), 0) as pairs from"
        f" (select count(*) as n from {described.physical_name} where {known} group by {names}) as shared"
    )
    return int(counted.as_record_list()[0]["pairs"])


def _weights(linker: Any) -> dict[str, dict[str, dict[str, float]]]:
    """Probabilities per comparison and level; those of a comparison sum to 1."""
    weights = {}
    trained = linker._settings_obj.core_model_settings  # noqa: SLF001
    for asked in COMPARISONS:
        levels = trained.get_comparison_by_output_column_name(asked.name)._comparison_levels_excluding_null  # noqa: SLF001
        m, u = ([getattr(level, f"_trained_{side}_median") for level in levels] for side in "mu")
        weights[asked.name] = _weights_of(asked, m, u)
    return weights


def _weights_of(asked: Comparison, m: list[float | None], u: list[float | None]) -> dict[str, dict[str, float]]:
    """{label: {"m", "u"}} from what was learned of each level, None where it was not."""
    lesser = len(asked.levels)
    if not any(m):
        m = [ORDINARY["m"], *[(1 - ORDINARY["m"]) / lesser] * lesser]
        u = [*[ORDINARY["u"]] * lesser, 1 - ORDINARY["u"] * lesser]
    if asked.strangers:
        u = list(asked.strangers)
    # Seen among neither: it weighs nothing. Seen among strangers alone: it is rare among matches, not impossible.
    filled_m = [max(one or 0.0, LEAST["m"] if other else LEAST["u"]) for one, other in zip(m, u, strict=True)]
    filled_u = [max(one or 0.0, LEAST["u"]) for one in u]
    return {
        label: {"m": filled_m[number] / sum(filled_m), "u": filled_u[number] / sum(filled_u)}
        for number, label in enumerate(asked.labels)
    }


def save(model: Model, path: Path) -> None:
    """Write what ``Model.read`` reads; six digits, so that a new training shows as few changed lines as can be."""
    weights = {
        comparison: {
            label: {side: float(f"{share:.6g}") for side, share in shares.items()} for label, shares in told.items()
        }
        for comparison, told in model.weights.items()
    }
    told = {
        "partners": round(model.partners, 4),
        "accept": model.accept,
        "review": model.review,
        "vetoes": model.vetoes,
    }
    path.write_text(json.dumps({**told, "weights": weights}, indent=2) + "\n")


def main() -> int:
    """Train on the warehouse of this environment's home, and write the model and its charts."""
    import duckdb

    import selvage
    from identity.build import CLUSTERED, room
    from identity.charts import write_charts

    with (
        duckdb.connect(str(selvage.settings().warehouse), read_only=True) as warehouse,
        room(
            warehouse,
            warehouse.table("intermediate.int_identity__scorable_records"),
            warehouse.table("intermediate.int_identity__exact_ties"),
        ) as api,
    ):
        described = describe(api, CLUSTERED)
        count = api.query_sql(f"select count(*) as descriptions from {described.physical_name}").as_record_list()
        model = train(api, described, int(count[0]["descriptions"]))
    save(model, MODEL_FILE)
    write_charts(model)
    sys.stdout.write(
        f"{MODEL_FILE.name}: {count[0]['descriptions']:,} descriptions, vetoes {', '.join(model.vetoes)}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
