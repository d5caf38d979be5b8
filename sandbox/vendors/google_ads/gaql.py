"""The Google Ads Query Language, as far as it is served: SELECT, FROM, WHERE with AND (no OR), ORDER BY, LIMIT."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sandbox.vendors.google_ads.errors import wrong_query

QUERY = re.compile(
    r"\s*SELECT\s+(?P<fields>.+?)\s+FROM\s+(?P<resource>\w+)(?:\s+WHERE\s+(?P<where>.+?))?"
    r"(?:\s+ORDER\s+BY\s+(?P<order>.+?))?(?:\s+LIMIT\s+(?P<limit>\d+))?(?:\s+PARAMETERS\s+.+)?\s*",
    re.IGNORECASE | re.DOTALL,
)
CONDITION = re.compile(
    r"(?P<field>[\w.]+)\s*(?P<operator>!=|>=|<=|=|>|<|\bNOT\s+IN\b|\bIN\b|\bBETWEEN\b|\bDURING\b)\s*(?P<value>.+)",
    re.IGNORECASE | re.DOTALL,
)
AND = re.compile(r"\s+AND\s+", re.IGNORECASE)
SPANS = {"YESTERDAY": 1, "LAST_7_DAYS": 7, "LAST_14_DAYS": 14, "LAST_30_DAYS": 30}
LONG_AGO, FAR_AHEAD = date(2000, 1, 1), date(2100, 1, 1)
Test = Callable[[Any], bool]


@dataclass(frozen=True)
class Query:
    """A query that could be read. ``tests``: field and what its value must pass."""

    fields: tuple[str, ...]
    resource: str
    since: date
    until: date
    tests: tuple[tuple[str, Test], ...]
    limit: int | None

    @property
    def named(self) -> tuple[str, ...]:
        """Every field that is selected or asked about."""
        return (*self.fields, *(field for field, _ in self.tests))


def parse(text: str, today: date) -> Query:
    """Raises ApiError."""
    found = QUERY.fullmatch(text)
    if found is None:
        raise wrong_query("UNEXPECTED_INPUT", "Error in query: unexpected input.")
    fields = tuple(field.strip() for field in found["fields"].split(","))
    since, until, tests = LONG_AGO, FAR_AHEAD, []
    for part in _conditions(found["where"] or ""):
        read = CONDITION.fullmatch(part)
        if read is None:
            raise wrong_query("BAD_OPERATOR", f"Error in WHERE clause: {part!r} can't be read.")
        operator, value = re.sub(r"\s+", " ", read["operator"].upper()), read["value"].strip()
        if read["field"] == "segments.date":
            first, last = _days(operator, value, today)
            since, until = max(since, first), min(until, last)
        else:
            tests.append((read["field"], _test(operator, value)))
    return Query(fields, found["resource"], since, until, tuple(tests), int(found["limit"]) if found["limit"] else None)


def _conditions(text: str) -> list[str]:
    """The parts between the ANDs, but for the AND that belongs to a BETWEEN."""
    parts: list[str] = []
    for part in filter(None, AND.split(text.strip())):
        if parts and re.search(r"\bBETWEEN\s+\S+$", parts[-1], re.IGNORECASE):
            parts[-1] += f" AND {part}"
        else:
            parts.append(part)
    return parts


def _days(operator: str, value: str, today: date) -> tuple[date, date]:
    if operator == "DURING":
        if value not in SPANS:
            raise wrong_query("INVALID_VALUE_WITH_DURING_OPERATOR", f"{value} is no date range.")
        return today - timedelta(days=SPANS[value]), today - timedelta(days=1)
    try:
        given = [date.fromisoformat(one) for one in re.findall(r"'([^']*)'", value)]
    except ValueError:
        raise wrong_query("INVALID_VALUE", f"{value} is no date.") from None
    if operator == "BETWEEN" and len(given) == 2:
        return given[0], given[1]
    spans = {"=": lambda day: (day, day), ">=": lambda day: (day, FAR_AHEAD), "<=": lambda day: (LONG_AGO, day)}
    if operator not in spans or len(given) != 1:
        raise wrong_query("BAD_OPERATOR", f"segments.date takes no {operator} here.")
    return spans[operator](given[0])


def _test(operator: str, value: str) -> Test:
    given = re.findall(r"'([^']*)'|([\w.]+)", value)
    values = [quoted or bare for quoted, bare in given]
    if operator in ("IN", "="):
        return lambda found: _text(found) in values
    if operator in ("NOT IN", "!="):
        return lambda found: _text(found) not in values
    if operator == ">" and len(values) == 1:
        return lambda found: float(found or 0) > float(values[0])
    raise wrong_query("BAD_OPERATOR", f"The operator {operator} is not served here.")


def _text(found: Any) -> str:
    return str(found).lower() if isinstance(found, bool) else str(found)
