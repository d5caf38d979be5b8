"""The search of contacts: groups of filters, one property to sort by, 200 a page, and never more than 10,000 in all.

Times are asked for in milliseconds since 1970, as texts. Search sees a write at once, where HubSpot's index lags by
some minutes; archived contacts are not in it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.vendors.hubspot.gate import Problem

MOST_ROWS, CEILING, MOST_GROUPS, MOST_FILTERS = 200, 10_000, 5, 10
TIMES = ("createdate", "lastmodifieddate")
NUMBERS = ("hs_object_id",)
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda held, wanted: bool(held == wanted),
    "NEQ": lambda held, wanted: bool(held != wanted),
    "GT": lambda held, wanted: bool(held > wanted),
    "GTE": lambda held, wanted: bool(held >= wanted),
    "LT": lambda held, wanted: bool(held < wanted),
    "LTE": lambda held, wanted: bool(held <= wanted),
}

Row = dict[str, Any]


def search(rows: list[Row], body: Row) -> tuple[list[Row], int, str | None]:
    """The rows of a page, how many there are in all, and where the next page begins."""
    groups, sorts = body.get("filterGroups") or [], body.get("sorts") or []
    if len(groups) > MOST_GROUPS or any(len(one["filters"]) > MOST_FILTERS for one in groups) or len(sorts) > 1:
        raise Problem(400, "VALIDATION_ERROR", "Too many filters or sorts")
    limit, after = int(body.get("limit") or 10), int(body.get("after") or 0)
    if limit > MOST_ROWS or after + limit > CEILING:
        raise Problem(400, "VALIDATION_ERROR", f"limit is at most {MOST_ROWS}, and a query ends at {CEILING} results")
    if groups:
        rows = [row for row in rows if any(all(_fits(row, one) for one in group["filters"]) for group in groups)]
    for one in sorts:
        descending = isinstance(one, dict) and one.get("direction") == "DESCENDING"
        name = one["propertyName"] if isinstance(one, dict) else str(one)
        rows = sorted(rows, key=lambda row: _value(row, name) or 0, reverse=descending)
    following = str(after + limit) if len(rows) > after + limit else None
    return rows[after : after + limit], len(rows), following


def _fits(row: Row, asked: Row) -> bool:
    name, operator = asked["propertyName"], asked.get("operator", "EQ")
    held = _value(row, name)
    if operator == "IN":
        return held in asked["values"]
    if operator not in COMPARE:
        raise Problem(400, "VALIDATION_ERROR", f"operator {operator} is not served here")
    if held is None:
        return False
    wanted = asked["value"]
    return COMPARE[operator](held, int(wanted) if name in (*TIMES, *NUMBERS) else wanted)


def _value(row: Row, name: str) -> Any:
    if name in TIMES:
        at = datetime.fromisoformat(row["createdAt" if name == "createdate" else "updatedAt"])
        return int(at.timestamp() * 1000)
    return int(row["id"]) if name in NUMBERS else row["properties"].get(name)
