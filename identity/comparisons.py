"""What two descriptions of a person are compared on: the levels of agreement, and what forbids that they are one.

Everything is SQL text over columns ending in ``_l`` and ``_r``, in words that DuckDB and Spark share once Splink has
brought its string functions to Spark; words in braces have another name there. Levels are tried from the top, the first
that holds counts; where a value is missing the comparison says nothing. How much a level weighs is in the model, not
here.

Places are one comparison for the street and one for the area, since postcode and city always come together and counted
twice would outweigh a name. Of an e-mail only the part is compared that the name does not already tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

FUNCTIONS = {
    "duckdb": {"overlap": "list_has_any", "jaro": "jaro_similarity", "hash": "hash"},
    "spark": {"overlap": "arrays_overlap", "jaro": "jaro_sim", "hash": "xxhash64"},
}
ELSE = "else"


@dataclass(frozen=True)
class Level:
    """One degree of agreement; ``term`` names the column whose rare values weigh more than its common ones."""

    label: str
    sql: str
    term: str | None = None


@dataclass(frozen=True)
class Comparison:
    """One question asked of every pair: when it can't be asked (``missing``), and its levels, best first."""

    name: str
    missing: str
    levels: tuple[Level, ...]
    strangers: tuple[float, ...] = ()
    """Shares of the levels among strangers where these are the same for all people; else they are counted."""

    @property
    def labels(self) -> list[str]:
        """Labels of all levels that carry weights, the last being whatever is left."""
        return [*(level.label for level in self.levels), ELSE]


def either_missing(column: str) -> str:
    return f"{column}_l is null or {column}_r is null"


def close(column: str, one: int, two: int) -> str:
    """One letter wrong, missing, too many or exchanged from ``one`` letters on; two from ``two`` letters on.

    The distance costs twenty times what Jaro's similarity does, which two errors in six letters leave above 0.75.
    """
    shorter = f"least(length({column}_l), length({column}_r))"
    distance = f"damerau_levenshtein({column}_l, {column}_r)"
    return (
        f"({shorter} >= {one} and {{jaro}}({column}_l, {column}_r) >= 0.75"
        f" and {distance} <= case when {shorter} >= {two} then 2 else 1 end)"
    )


def one_sign_off(column: str) -> str:
    """One sign wrong, missing, too many or exchanged, but not at both ends: either the first or the last two agree."""
    ends = f"(substr({column}_l, 1, 2) = substr({column}_r, 1, 2) or substr({column}_l, -2) = substr({column}_r, -2))"
    return f"({ends} and damerau_levenshtein({column}_l, {column}_r) <= 1)"


def within(column: str) -> str:
    """All words of one stand together in the other: garcia, garcia lopez."""
    left, right = f"' ' || {column}_l || ' '", f"' ' || {column}_r || ' '"
    blank = f"(instr({column}_l, ' ') > 0 or instr({column}_r, ' ') > 0)"
    return f"({blank} and (instr({left}, {right}) > 0 or instr({right}, {left}) > 0))"


# Cheap and true of nearly all that may agree: what is compared at all where given names forbid a join.
GIVEN_MAY_AGREE = (
    "coalesce(substr(given_first_l, 1, 1) = substr(given_first_r, 1, 1)"
    " or {overlap}(given_forms_l, given_forms_r) or given_name_l = family_name_r, true)"
)
SWAPPED_NAMES = "(given_name_l = family_name_r and given_name_r = family_name_l)"
SAME_GIVEN = "(given_first_l = given_first_r or coalesce({overlap}(given_forms_l, given_forms_r), false))"
# Two names that many carry are two names, however alike they look; a spelling that hardly anyone has beside one that
# many have is a slip. "Many" grows with the data, so that a misspelling that is common in a million records is still
# one.
TWO_KNOWN_NAMES = (
    "((is_given_known_l and is_given_known_r) or (least(given_count_l, given_count_r) >= 3"
    " and least(given_count_l, given_count_r) * 20 > greatest(given_count_l, given_count_r)))"
)
SAME_ENDS = (
    "(substr(given_first_l, 1, 1) = substr(given_first_r, 1, 1)"
    " and substr(given_first_l, length(given_first_l), 1) = substr(given_first_r, length(given_first_r), 1))"
)
SAME_BIRTH_DATE = "coalesce(birth_date_l = birth_date_r, false)"
SLIP_IN_GIVEN = f"({close('given_first', 3, 6)} and not {TWO_KNOWN_NAMES})"
# Where too few names were seen to tell a slip from a name (maria, mario), the ends must agree too.
MISSPELT_GIVEN = f"({SLIP_IN_GIVEN} and (greatest(given_count_l, given_count_r) >= 20 or {SAME_ENDS}))"
SHORTENED_GIVEN = (
    "(least(length(given_first_l), length(given_first_r)) in (1, 3, 4, 5, 6)"
    " and abs(length(given_first_l) - length(given_first_r)) >= 2"
    " and (substr(given_first_l, 1, length(given_first_r)) = given_first_r"
    " or substr(given_first_r, 1, length(given_first_l)) = given_first_l)"
    f" and not {TWO_KNOWN_NAMES})"
)
ALIKE_FAMILY = f"({close('family_name', 4, 6)} or {within('family_name')})"
DAY_MONTH_SWAPPED = (
    "(substr(birth_date_l, 1, 4) = substr(birth_date_r, 1, 4)"
    " and substr(birth_date_l, 5, 2) = substr(birth_date_r, 7, 2)"
    " and substr(birth_date_l, 7, 2) = substr(birth_date_r, 5, 2))"
)
SAME_YEAR, SAME_MONTH, SAME_DAY = (
    f"substr(birth_date_l, {start}, {length}) = substr(birth_date_r, {start}, {length})"
    for start, length in ((1, 4), (5, 2), (7, 2))
)
TWO_PARTS_SAME = f"(({SAME_YEAR} and {SAME_MONTH}) or ({SAME_YEAR} and {SAME_DAY}) or ({SAME_MONTH} and {SAME_DAY}))"
NEAR_BIRTH_DATE = (
    f"(({TWO_PARTS_SAME} and damerau_levenshtein(birth_date_l, birth_date_r) <= 1) or {DAY_MONTH_SWAPPED})"
)
ALIKE_STREET = f"({close('street', 4, 8)} or {within('street')})"
NEAR_POSTCODE = one_sign_off("postcode")

COMPARISONS = (
    Comparison(
        "given_name",
        either_missing("given_name"),
        (
            Level("same", "given_name_l = given_name_r", term="given_name"),
            Level("exchanged with family name", SWAPPED_NAMES),
            Level("same first word or known short form", SAME_GIVEN),
            Level("misspelt", MISSPELT_GIVEN),
            Level("initial or beginning", SHORTENED_GIVEN),
        ),
    ),
    Comparison(
        "family_name",
        # Exchanged names were weighed above already.
        f"{either_missing('family_name')} or coalesce({SWAPPED_NAMES}, false)",
        (
            Level("same", "family_name_l = family_name_r", term="family_name"),
            Level("misspelt or one of two names", ALIKE_FAMILY),
        ),
    ),
    Comparison(
        "birth_date",
        either_missing("birth_date"),
        (
            Level("same", "birth_date_l = birth_date_r"),
            Level("one digit wrong, or day and month exchanged", NEAR_BIRTH_DATE),
            Level("two of day, month and year", TWO_PARTS_SAME),
        ),
        # Days of some fifty years, the later levels from random pairs of such days. A shop may know few birth dates, so
        # neither counting them nor their frequencies would tell how rare a day is.
        strangers=(6e-5, 1e-3, 4e-3, 1 - 5.06e-3),
    ),
    Comparison(
        "address",
        either_missing("address_line"),
        (
            Level("same", "address_line_l = address_line_r", term="address_line"),
            Level("same number, street alike", f"house_number_l = house_number_r and {ALIKE_STREET}"),
            Level(
                "same street, number alike",
                "street_l = street_r and damerau_levenshtein(house_number_l, house_number_r) <= 1",
            ),
            Level("street alike", f"street_l = street_r or {ALIKE_STREET}"),
        ),
    ),
    Comparison(
        "area",
        "coalesce(postcode_l, city_l) is null or coalesce(postcode_r, city_r) is null"
        " or (coalesce(postcode_l, postcode_r) is null and coalesce(city_l, city_r) is null)",
        (
            Level("same postcode and city", "postcode_l = postcode_r and city_l = city_r", term="postcode"),
            Level("same postcode", "postcode_l = postcode_r", term="postcode"),
            Level("same city, postcode alike", f"city_l = city_r and {NEAR_POSTCODE}", term="city"),
            Level("same city", "city_l = city_r", term="city"),
            Level("postcode alike", NEAR_POSTCODE),
        ),
    ),
    Comparison(
        "phone",
        either_missing("phone"),
        (
            Level("same", "phone_l = phone_r", term="phone"),
            Level("one digit wrong", one_sign_off("phone")),
        ),
    ),
    Comparison(
        "personal_number",
        either_missing("personal_number"),
        (
            Level("same", "personal_number_l = personal_number_r", term="personal_number"),
            Level("one digit wrong", one_sign_off("personal_number")),
        ),
    ),
    Comparison(
        "email",
        either_missing("email_rest"),
        (
            Level("same beside the name", "email_rest_l = email_rest_r", term="email_rest"),
            Level("misspelt", close("email_rest", 5, 8)),
        ),
    ),
)

AGREEING_GIVEN = (
    f"({SAME_GIVEN} or {SWAPPED_NAMES} or {MISSPELT_GIVEN} or {SHORTENED_GIVEN}"
    f" or ({SLIP_IN_GIVEN} and {SAME_BIRTH_DATE}))"
)
UNLESS_NUMBER = "coalesce(personal_number_l <> personal_number_r, true)"
# What can forbid that two descriptions are one person's, since people of one household agree in all else: {attribute:
# (whether the pair can be asked, whether it is forbidden)}. A number that is one person's own outweighs a slip.
CONTRADICTIONS = {
    "given_name": (
        "given_name_l is not null and given_name_r is not null",
        f"not coalesce({AGREEING_GIVEN}, true) and {UNLESS_NUMBER}",
    ),
    "birth_date": (
        "birth_date_l is not null and birth_date_r is not null",
        f"not coalesce({NEAR_BIRTH_DATE}, true) and {UNLESS_NUMBER}",
    ),
    "name_suffix": (
        "name_suffix_l is not null and name_suffix_r is not null",
        "coalesce(name_suffix_l <> name_suffix_r, false)",
    ),
}
# What must agree beside a name: a name alone, be it ever so rare, joins nobody. Another family name needs the birth
# date.
SUPPORTED = (
    "(coalesce(postcode_l = postcode_r, false) or coalesce(address_line_l = address_line_r, false)"
    f" or coalesce(house_number_l = house_number_r and {ALIKE_STREET}, false)"
    f" or coalesce({NEAR_BIRTH_DATE}, false) or coalesce(phone_l = phone_r, false)"
    " or coalesce(personal_number_l = personal_number_r, false) or coalesce(email_rest_l = email_rest_r, false))"
    f" and (coalesce(family_name_l = family_name_r or {ALIKE_FAMILY} or {SWAPPED_NAMES}, true)"
    f" or {SAME_BIRTH_DATE} or coalesce({one_sign_off('personal_number')}, false))"
)


def for_engine(sql: str, engine: str) -> str:
    """``sql`` of this module in the words of ``duckdb`` or ``spark``."""
    for name, function in FUNCTIONS[engine].items():
        sql = sql.replace(f"{{{name}}}", function)
    return sql


def sides(sql: str, columns: Iterable[str]) -> str:
    """``name_l`` becomes ``l.name``: this module's text for a join of two tables called l and r."""
    for column in sorted(columns, key=len, reverse=True):
        sql = re.sub(rf"\b{column}_([lr])\b", rf"\1.{column}", sql)
    return sql


def splink_comparison(comparison: Comparison, engine: str, weights: dict[str, Any] | None) -> dict[str, Any]:
    """Splink's description of a comparison; ``weights`` is {label: {"m": ..., "u": ...}}, None before training."""
    levels: list[dict[str, Any]] = [
        {"sql_condition": for_engine(comparison.missing, engine), "label_for_charts": "missing", "is_null_level": True}
    ]
    for level in (*comparison.levels, Level(ELSE, "ELSE")):
        told: dict[str, Any] = {"sql_condition": for_engine(level.sql, engine), "label_for_charts": level.label}
        if level.term:
            told |= {
                "tf_adjustment_column": level.term,
                "tf_adjustment_weight": 1.0,
                "disable_tf_exact_match_detection": True,
            }
        if weights:
            told |= {"m_probability": weights[level.label]["m"], "u_probability": weights[level.label]["u"]}
        levels.append(told)
    return {"output_column_name": comparison.name, "comparison_levels": levels}
