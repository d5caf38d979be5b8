"""Shopify's search syntax: ``updated_at:>='2026-06-01T00:00:00Z' AND test:false`` to a choice of rows.

Terms join with AND (also by a space), OR, NOT or ``-``, and parentheses. A field that the connection cannot search is
ignored with a warning in ``extensions.search``, as Shopify does: the answer is then larger than asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from graphql import GraphQLError

from sandbox.vendors.shopify.rows import Numbers, Rows

TOKEN = re.compile(r"""\s*(?:(?P<bracket>[()])|(?P<word>(?:[^\s()'"]|'[^']*'|"[^"]*")+))""")
TERM = re.compile(r"""^(?P<name>[a-z_]+):(?P<sign>>=|<=|>|<|)(?P<value>.*)$""", re.IGNORECASE | re.DOTALL)
DAY = 86_400_000_000


@dataclass(frozen=True)
class Filter:
    """How a search field is compared: a column, as time, day, text (any case), bool or number."""

    column: str
    kind: str = "text"


@dataclass
class Search:
    """One parsed search over a table. ``warnings`` names the fields that were ignored."""

    rows: Rows
    filters: dict[str, Filter | Callable[[Rows, str], Numbers]]
    warnings: list[dict[str, str]] = field(default_factory=list)

    def mask(self, query: str | None) -> Numbers:
        """True for each row that fits; all of them when there is no query."""
        self._tokens = _tokens(query or "")
        if not self._tokens:
            return np.ones(len(self.rows), bool)
        found = self._either()
        if self._tokens:
            raise GraphQLError("The search has a bracket too many", extensions={"code": "BAD_REQUEST"})
        return found

    def _either(self) -> Numbers:
        found = self._both()
        while self._tokens and self._tokens[0].upper() == "OR":
            self._tokens.pop(0)
            found = found | self._both()
        return found

    def _both(self) -> Numbers:
        found = self._one()
        while self._tokens and self._tokens[0] != ")" and self._tokens[0].upper() != "OR":
            if self._tokens[0].upper() == "AND":
                self._tokens.pop(0)
            found = found & self._one()
        return found

    def _one(self) -> Numbers:
        if not self._tokens:
            raise GraphQLError("The search ends too early", extensions={"code": "BAD_REQUEST"})
        token = self._tokens.pop(0)
        if token.upper() == "NOT":
            return ~self._one()
        if token == "(":
            found = self._either()
            if not self._tokens or self._tokens.pop(0) != ")":
                raise GraphQLError("The search lacks a closing bracket", extensions={"code": "BAD_REQUEST"})
            return found
        if token.startswith("-"):
            return ~self._term(token[1:])
        return self._term(token)

    def _term(self, token: str) -> Numbers:
        everything = np.ones(len(self.rows), bool)
        read = TERM.match(token)
        name = read["name"].lower() if read else ""
        known = self.filters.get(name)
        if read is None or known is None:
            message = "Invalid search field for this query." if read else "Free text is not searched."
            self.warnings.append({"field": name or token, "message": message, "code": "invalid_field"})
            return everything
        value = read["value"].strip("'\"")
        if not isinstance(known, Filter):
            return np.asarray(known(self.rows, value), bool)
        if value == "*":
            return self.rows.values(known.column) != ""
        return _compare(self.rows.values(known.column), read["sign"], value, known.kind)


def _compare(column: Numbers, sign: str, value: str, kind: str) -> Numbers:
    wanted: Any
    if kind in ("time", "day"):
        wanted = micros(value)
        if kind == "day" or (not sign and len(value) == 10):
            column, wanted = column // DAY, wanted // DAY
    elif kind == "bool":
        wanted = int(value.lower() == "true")
    elif kind == "number":
        digits = value.rpartition("/")[2]
        if not digits.isdigit():
            return np.zeros(len(column), bool)
        wanted = int(digits)
    else:
        column, wanted = np.array([one.lower() for one in column], dtype=object), value.lower()
        if wanted.endswith("*"):
            return np.array([one.startswith(wanted[:-1]) for one in column], bool)
    compare = {"": np.equal, ">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}[sign]
    return np.asarray(compare(column, wanted), bool)


def micros(value: str) -> int:
    """A date or an ISO time as UTC microseconds. Raises GraphQLError for anything else."""
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        raise GraphQLError(f"{value!r} is not a date", extensions={"code": "BAD_REQUEST"}) from None
    read = read.replace(tzinfo=UTC) if read.tzinfo is None else read
    return int(read.timestamp() * 1_000_000)


def _tokens(query: str) -> list[str]:
    return [match["bracket"] or match["word"] for match in TOKEN.finditer(query.strip())]


def keep(documents: list[dict[str, Any]], query: str | None) -> list[dict[str, Any]]:
    """Documents in memory whose ``updatedAt`` or ``id`` fits; for inventory levels, which are few."""
    kept = documents
    for token in _tokens(query or ""):
        read = TERM.match(token)
        if read is None or read["name"] not in ("updated_at", "created_at"):
            continue
        column = "updatedAt" if read["name"] == "updated_at" else "createdAt"
        times = np.array([micros(one[column]) for one in kept], np.int64)
        chosen = _compare(times, read["sign"], read["value"].strip("'\""), "time")
        kept = [one for one, fits in zip(kept, chosen, strict=True) if fits]
    return kept
