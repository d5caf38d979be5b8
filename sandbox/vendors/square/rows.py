"""The stores' rows at one moment, and pages of them.

A ``View`` belongs to one moment and never changes. A page ends at a place (value sorted by, id), not at a number, so
that nothing is left out when the clock moves between two pages.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.context import Context
from sandbox.vendors.square.gate import Call, micros

Row = dict[str, Any]
Positions = npt.NDArray[np.int64]


class View:
    """One table at one moment; rows come out as dicts with times as UTC microseconds."""

    def __init__(self, table: pa.Table, key: str) -> None:
        for number, field in enumerate(table.schema):
            if pa.types.is_timestamp(field.type):
                values = pc.cast(pc.cast(table.column(number), pa.timestamp("us")), pa.int64())
                table = table.set_column(number, field.name, values)
        self.table = table
        self.ids: npt.NDArray[Any] = np.array(table.column(key).to_pylist(), dtype=object)
        self._groups: dict[str, dict[Any, list[int]]] = {}
        self._values: dict[str, npt.NDArray[Any]] = {}
        self._orders: dict[str, Positions] = {}

    @cached_property
    def position(self) -> dict[str, int]:
        return {one: number for number, one in enumerate(self.ids.tolist())}

    def every(self) -> Positions:
        return np.arange(len(self.ids))

    def values(self, column: str) -> npt.NDArray[Any]:
        """A column to compare; a missing time is before all others, a missing text is empty."""
        if column not in self._values:
            data = self.table.column(column)
            if pa.types.is_integer(data.type):
                self._values[column] = pc.fill_null(data, np.iinfo(np.int64).min).to_numpy()
            elif pa.types.is_boolean(data.type):
                self._values[column] = data.to_numpy()
            else:
                self._values[column] = np.array(pc.fill_null(data, "").to_pylist(), dtype=object)
        return self._values[column]

    def derive(self, column: str, values: list[str]) -> None:
        """A further column to sort by."""
        self._values[column] = np.array(values, dtype=object)

    def order(self, column: str) -> Positions:
        """All positions in order of a column, then of the id."""
        if column not in self._orders:
            codes = [np.unique(one, return_inverse=True)[1] for one in (self.ids, self.values(column))]
            self._orders[column] = np.lexsort(codes)
        return self._orders[column]

    def rows(self, positions: Positions | list[int]) -> list[Row]:
        return self.table.take(pa.array(positions, pa.int64())).to_pylist()

    def row(self, key: str) -> Row | None:
        at = self.position.get(key)
        return None if at is None else self.rows([at])[0]

    def of(self, column: str, parents: list[str]) -> dict[str, list[Row]]:
        """The rows of each parent, in the table's order; every parent has an entry."""
        if column not in self._groups:
            groups: dict[Any, list[int]] = {}
            for number, one in enumerate(self.table.column(column).to_pylist()):
                groups.setdefault(one, []).append(number)
            self._groups[column] = groups
        return {one: self.rows(self._groups[column].get(one, [])) for one in parents}


class Shown:
    """The views of all tables, read anew when the clock has moved."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._lock = threading.RLock()
        self._views: dict[tuple[str, datetime], View] = {}

    def now_micros(self) -> int:
        return int(self.context.clock.now.timestamp() * 1_000_000)

    def view(self, table: str, key: str, order: str | None = None, lag_seconds: float = 0.0) -> View:
        """A table as it stands now, or as it stood a while ago where the vendor shows things late."""
        with self._lock:
            now = self.context.clock.now
            moment = now - timedelta(seconds=lag_seconds)
            if (table, moment) not in self._views:
                oldest = now - timedelta(hours=1)
                self._views = {name: one for name, one in self._views.items() if oldest <= name[1] <= now}
                self._views[table, moment] = View(self.context.tables.visible(table, key, moment, order), key)
            return self._views[table, moment]

    def page(
        self, call: Call, view: View, found: Positions, column: str, size: int, descends: bool = False
    ) -> tuple[list[Row], dict[str, str]]:
        """The rows of one page in order of (column, id), and the cursor's entry of the answer if more follow."""
        chosen = np.zeros(len(view.ids), dtype=bool)
        chosen[found] = True
        order = view.order(column)
        order = order[chosen[order]][:: -1 if descends else 1]
        cursor = call.cursor()
        if cursor is not None:
            keys, ids = view.values(column)[order], view.ids[order]
            value, one = cursor
            beyond, tied = (keys < value, ids < one) if descends else (keys > value, ids > one)
            order = order[beyond.astype(bool) | ((keys == value).astype(bool) & tied.astype(bool))]
        rows = view.rows(order[:size])
        if len(order) <= size:
            return rows, {}
        last = view.values(column)[order[size - 1]]
        place = [last.item() if isinstance(last, np.generic) else last, view.ids[order[size - 1]]]
        if cursor is not None and call.context.faults.take("square", "duplicate_page"):
            place = cursor
        return rows, {"cursor": call.next_cursor(place)}


def within(view: View, found: Positions, column: str, window: dict[str, Any], field: str) -> Positions:
    """The positions whose time is in a ``start_at`` .. ``end_at`` range, both ends included."""
    values = view.values(column)
    if window.get("start_at"):
        found = found[values[found] >= micros(window["start_at"], f"{field}.start_at")]
    if window.get("end_at"):
        found = found[values[found] <= micros(window["end_at"], f"{field}.end_at")]
    return found


def among(view: View, found: Positions, column: str, wanted: list[str] | None) -> Positions:
    """The positions whose text is one of those wanted; all if nothing is wanted."""
    if not wanted:
        return found
    return found[np.isin(view.values(column)[found], np.array(wanted, dtype=object))]


def time(value: int | None) -> str | None:
    """UTC microseconds as Square writes times: ``2026-06-01T00:00:00.000Z``."""
    if value is None:
        return None
    return datetime.fromtimestamp(value / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def money(cents: int | None) -> dict[str, Any] | None:
    return None if cents is None else {"amount": cents, "currency": "USD"}


def filled(document: Row) -> Row:
    """Without what is null: Square leaves such fields out."""
    return {name: value for name, value in document.items() if value is not None}


def listing(name: str, rows: list[Row], more: dict[str, Any]) -> Row:
    """An answer with a list; an empty list is left out altogether."""
    return ({name: rows} if rows else {}) | more
