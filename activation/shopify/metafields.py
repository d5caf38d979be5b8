"""Metafields: set by all-or-nothing calls of 25, deleted by 250, and how a property's value is written as one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from activation.destination import DestinationError
from activation.shopify.admin import Admin, error_of, parts

METAFIELDS_A_CALL, SETS_A_REQUEST, IDENTIFIERS_A_CALL = 25, 20, 250

_DELETE = """mutation($metafields: [MetafieldIdentifierInput!]!) {
  metafieldsDelete(metafields: $metafields) { userErrors { field } } }"""


def set_all(admin: Admin, wanted: Mapping[str, Sequence[Mapping[str, str]]]) -> dict[str, str]:
    """Set metafields, as many customers a call as fit and many calls a request; returns who was refused, and why."""
    refused = dict[str, str]()
    waiting = [[one for gid in group for one in wanted[gid]] for group in _groups(wanted)]
    while waiting:
        calls = [(number, part) for number, rows in enumerate(waiting) for part in parts(rows, METAFIELDS_A_CALL)]
        failed = set[int]()
        for some in parts(calls, SETS_A_REQUEST):
            for (number, part), errors in zip(some, _set(admin, [part for _, part in some]), strict=True):
                for error in errors:
                    failed.add(number)
                    place = error.get("elementIndex")
                    bad = [part[place]] if place is not None and place < len(part) else part
                    for one in bad:
                        refused.setdefault(one["ownerId"], error_of(error))
        # A call does all or nothing: who shared it with a refused customer is told again.
        rest = ([one for one in waiting[number] if one["ownerId"] not in refused] for number in sorted(failed))
        waiting = [rows for rows in rest if rows]
    return refused


def _set(admin: Admin, calls: Sequence[Sequence[Mapping[str, str]]]) -> list[list[dict[str, Any]]]:
    """One request with a call for each of ``calls``; returns the errors of each."""
    names = ", ".join(f"$m{n}: [MetafieldsSetInput!]!" for n in range(len(calls)))
    steps = " ".join(
        f"c{n}: metafieldsSet(metafields: $m{n}) {{ userErrors {{ field code elementIndex }} }}"
        for n in range(len(calls))
    )
    answer = admin.ask(f"mutation({names}) {{ {steps} }}", {f"m{n}": part for n, part in enumerate(calls)})
    return [answer[f"c{n}"]["userErrors"] for n in range(len(calls))]


def _groups(wanted: Mapping[str, Sequence[Any]]) -> Iterator[list[str]]:
    """Customers whose metafields fit into one call; one who has more stands alone."""
    group, size = list[str](), 0
    for gid, rows in wanted.items():
        if group and size + len(rows) > METAFIELDS_A_CALL:
            yield group
            group, size = [], 0
        group.append(gid)
        size += len(rows)
    if group:
        yield group


def delete_all(admin: Admin, identifiers: Sequence[Mapping[str, str]]) -> None:
    """One that is not there is no error."""
    for part in parts(identifiers, IDENTIFIERS_A_CALL):
        errors = admin.ask(_DELETE, {"metafields": part})["metafieldsDelete"]["userErrors"]
        if errors:
            raise DestinationError(f"metafieldsDelete: {error_of(errors[0])}")


def type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "number_integer"
    if isinstance(value, (float, Decimal)):
        return "number_decimal"
    if re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
        return "date"
    return "date_time" if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}Z", str(value)) else "single_line_text_field"


def text_of(value: Any) -> str:
    """A value as Shopify takes it, in one line; a blank one is none, as it takes no blank ones."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)
    return " ".join(text.split())
