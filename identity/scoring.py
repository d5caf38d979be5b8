"""Pairs of records that may be one person's, with the probability that they are: Fellegi and Sunter's model, run by
Splink.

    records (one row each, normalised) -> descriptions (what differs within a cluster of exact identifiers)
        -> pairs that share a blocking key -> match weight -> probability

The model file holds only probabilities per level of agreement (identity/comparisons.py says the levels), so one file
serves DuckDB and Spark. Term frequencies and the chance that two random records are one person's come from the data at
hand: a name is rare or common here, and a pair is less likely a match among a million records than among a thousand.

Nothing here draws at random: the same records give the same pairs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from identity.comparisons import (
    COMPARISONS,
    FUNCTIONS,
    GIVEN_MAY_AGREE,
    for_engine,
    sides,
    splink_comparison,
)

if TYPE_CHECKING:
    from splink.internals.database_api import DatabaseAPI
    from splink.internals.splink_dataframe import SplinkDataFrame

MODEL_FILE = Path(__file__).with_name("model.json")
FLOOR = -10.0
"""Match weights below this are not kept; a pair that no blocking key brings together counts as this bad."""
DESCRIBED = (
    "given_name",
    "family_name",
    "name_suffix",
    "birth_date",
    "address_line",
    "postcode",
    "city",
    "phone",
    "personal_number",
    "email_rest",
    "given_forms",
)
"""What a record must bring besides ``record_number`` and ``cluster_number`` (bigint, the cluster of exact identifiers,
named after any of its records) and ``is_given_known`` (boolean: a name of the seed). All text, null where unknown, but
``given_forms``, an array: the given name and what it may be short for. ``birth_date`` is yyyymmdd; ``address_line``
begins with the house number if there is one; ``personal_number`` is one person's own, typed by hand; ``email_rest`` is
an e-mail's local part without the names."""

# Each with the most descriptions that may share it. A key that more share brings no pair: the work stays linear in the
# records, and what is lost is found by another key or was too common to tell people apart.
BLOCKING_KEYS = (
    ("family_name || '|' || postcode", 40),
    ("given_first || '|' || postcode", 25),
    # In either order, for those who type their names into each other's fields.
    ("least(given_first, family_name) || '|' || greatest(given_first, family_name)", 25),
    (
        (
            "least(given_first, family_name) || '|' || greatest(given_first, family_name)"
            " || '|' || coalesce(city, postcode)"
        ),
        40,
    ),
    ("substr(given_first, 1, 1) || '|' || birth_date", 25),
    ("substr(family_name, 1, 1) || '|' || birth_date", 25),
    ("postcode || '|' || birth_date", 25),
    ("house_number || '|' || street || '|' || coalesce(city, postcode)", 40),
    ("phone", 40),
    ("personal_number", 40),
    ("email_rest || '|' || substr(given_first, 1, 1)", 25),
)


GIVEN_COLUMNS = ["given_first", "given_forms", "given_name", "family_name"]


@dataclass(frozen=True)
class Model:
    """A trained model: probabilities per level, expected partners of a description, and the thresholds on a pair."""

    partners: float
    """Descriptions of the same person that a description meets outside its own cluster, on average."""
    weights: dict[str, dict[str, dict[str, float]]]
    """{comparison: {level: {"m": among matches, "u": among others}}}."""
    vetoes: tuple[str, ...]
    """Attributes of comparisons.CONTRADICTIONS that forbid a join: those in which matches hardly ever disagree here."""
    accept: float
    """Probability from which a pair is joined."""
    review: float
    """Probability from which a pair is kept for a person to look at."""

    @classmethod
    def read(cls, path: Path = MODEL_FILE) -> Model:
        """Raises ValueError naming what the file lacks for the comparisons of this version."""
        read = json.loads(path.read_text())
        for comparison in COMPARISONS:
            missing = set(comparison.labels) - set(read["weights"].get(comparison.name, {}))
            if missing:
                raise ValueError(f"{path.name} has no weights for {comparison.name}: {', '.join(sorted(missing))}")
        return cls(read["partners"], read["weights"], tuple(read["vetoes"]), read["accept"], read["review"])


def describe(api: DatabaseAPI[Any], records: str) -> SplinkDataFrame:
    """One row per cluster and way in which its records describe the person, from a table or view named ``records``.

    ``record_number`` is the oldest record that says so. Adds what blocking and comparisons need.
    """
    columns = ", ".join(DESCRIBED)
    hash_of = FUNCTIONS[api.sql_dialect.sql_dialect_str]["hash"]
    keys = ", ".join(
        f"case when {key} is not null then {hash_of}({key}) end as key_{number}"
        for number, (key, _) in enumerate(BLOCKING_KEYS)
    )
    common = " ".join(
        f"left join (select key_{number} from keyed where key_{number} is not null group by key_{number}"
        f" having count(*) > {most}) as common_{number} on keyed.key_{number} = common_{number}.key_{number}"
        for number, (_, most) in enumerate(BLOCKING_KEYS)
    )
    blocks = ", ".join(
        f"case when common_{number}.key_{number} is null then keyed.key_{number} end as block_{number}"
        for number in range(len(BLOCKING_KEYS))
    )
    return api.query_sql(
        f"""
        with described as (
            select min(record_number) as record_number, cluster_number, bool_or(is_given_known) as is_given_known,
            {columns} from {records}
            group by cluster_number, {columns}
        ), named as (
            select given_name, cast(count(distinct cluster_number) as bigint) as given_count
            from described where given_name is not null group by given_name
        ), parted as (
            select
                described.*, coalesce(named.given_count, 0) as given_count,
                split_part(described.given_name, ' ', 1) as given_first,
                case when substr(address_line, 1, 1) between '0' and '9' then split_part(address_line, ' ', 1) end
                    as house_number,
                case
                    when substr(address_line, 1, 1) between '0' and '9'
                        then substr(address_line, length(split_part(address_line, ' ', 1)) + 2)
                    else address_line
                end as street
            from described left join named on described.given_name = named.given_name
        ), keyed as (
            select *, {keys} from parted
        )
        select
            keyed.record_number, keyed.cluster_number, keyed.is_given_known, keyed.given_count, keyed.given_first,
            keyed.house_number, keyed.street, {", ".join(f"keyed.{column}" for column in DESCRIBED)}, {blocks}
        from keyed {common}
        """
    )


def settings(engine: str, chance: float, model: Model | None = None, *, across_clusters: bool = True) -> dict[str, Any]:
    """Splink's settings on ``engine`` (duckdb or spark); ``chance`` is that of two random descriptions being one
    person's.
    """
    apart = " and l.cluster_number <> r.cluster_number" if across_clusters else ""
    if model and "given_name" in model.vetoes:
        apart += f" and {sides(for_engine(GIVEN_MAY_AGREE, engine), GIVEN_COLUMNS)}"
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record_number",
        "probability_two_random_records_match": chance,
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": f"l.block_{number} = r.block_{number}{apart}", "sql_dialect": engine}
            for number in range(len(BLOCKING_KEYS))
        ],
        "comparisons": [
            splink_comparison(comparison, engine, model.weights[comparison.name] if model else None)
            for comparison in COMPARISONS
        ],
        "retain_matching_columns": False,
        "additional_columns_to_retain": ["cluster_number"],
    }


def chance_of(partners: float, count: int) -> float:
    """Probability that two random descriptions of ``count`` are one person's, if each has ``partners`` on average."""
    return min(0.5, partners / max(count - 1, 1))


def score(api: DatabaseAPI[Any], described: SplinkDataFrame, count: int, model: Model) -> SplinkDataFrame:
    """Every pair of descriptions of two clusters that shares a key, with match_weight (bits) and match_probability."""
    from splink import Linker

    engine = api.sql_dialect.sql_dialect_str
    linker = Linker(
        described, settings(engine, chance_of(model.partners, count), model), log_level=None, validate_settings=False
    )
    return linker.inference.predict(threshold_match_weight=FLOOR, warning_mode="never")
