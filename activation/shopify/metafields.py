"""Metafields: set by all-or-nothing calls of 25, deleted by 250, and how a property's value is written as one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from activation.destination import DestinationError
from activation.shopify.admin import Admin, error_of, parts

METAFIELDS_A_CALL, IDENTIFIERS_A_CALL = 25, 250

_SET = """mutation($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) { userErrors { field code elementIndex } } }"""
_DELETE = """mutation($metafields: [MetafieldIdentifierInput!]!) {
  metafieldsDelete(metafields: $metafields) { userErrors { field } } }"""


def set_all(admin: Admin, wanted: Mapping[str, Sequence[Mapping[str, str]]]) -> dict[str, str]:
    """Set metafields, as many customers a call as fit; returns who was refused, and why."""
    refused = dict[str, str]()
    for group in _groups(wanted):
        waiting = [one for gid in group for one in wanted[gid]]
        while waiting:
            errors = []
            for part in parts(waiting, METAFIELDS_A_CALL):
                found = admin.ask(_SET, {"metafields": part})["metafieldsSet"]["userErrors"]
                for error in found:
                    number = error.get("elementIndex")
                    bad = [part[number]] if number is not None and number < len(part) else part
                    errors += [(one["ownerId"], error_of(error)) for one in bad]
            refused |= dict(reversed(errors))
            # A call does all or nothing: who shared it with a refused customer is told again.
            waiting = [one for one in waiting if one["ownerId"] not in refused] if errors else []
    return refused


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
