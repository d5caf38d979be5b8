"""How values are written to Zendesk, and how its own are read."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import orjson


def type_of(value: Any) -> str:
    if isinstance(value, int):
        return "integer"
    if isinstance(value, (float, Decimal)):
        return "decimal"
    return "date" if re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)) else "text"


def users_of(ids: str | None) -> list[int]:
    return [int(one) for one in (ids or "").split(",") if one.strip().isdigit()]


def exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))  # a number with all its digits, never by way of a float
    raise TypeError(f"{type(value).__name__} cannot be a property")


def word(value: Any) -> str:
    """A code of the vendor's; its free text quotes what was sent."""
    return str(value) if re.fullmatch(r"[\w. -]{1,60}", str(value or "")) else ""
