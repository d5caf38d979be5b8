"""A table of the world at one moment in order of a time, for vendors whose lists are read by time and cursor.

A page ends at a place (time, id) and not at a number, so nothing is left out when the clock moves between two pages.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.context import Context

Place = tuple[int, Any]
ISO = "%Y-%m-%dT%H:%M:%SZ"


class Stream:
    """The rows shown at a moment, ordered by (time, key); times of rows are ISO texts, ``at`` whole seconds."""

    def __init__(self, table: pa.Table, key: str, time: str) -> None:
        table = table.sort_by([(time, "ascending"), (key, "ascending")])
        seconds = pc.floor(pc.divide(pc.cast(pc.cast(table[time], pa.timestamp("us")), pa.int64()), 1_000_000))
        self.at = pc.cast(seconds, pa.int64()).to_numpy()
        self.keys = np.array(table[key].to_pylist(), dtype=object)
        self._key, self._positions = key, dict[Any, int]()
        for number, field in enumerate(table.schema):
            if pa.types.is_timestamp(field.type):
                text = pc.strftime(pc.cast(table[field.name], pa.timestamp("s")), ISO)
                table = table.set_column(number, field.name, text)
        self.table = table

    def __len__(self) -> int:
        return len(self.at)

    def since(self, seconds: int) -> int:
        """The position of the first row that is not before a moment."""
        return int(np.searchsorted(self.at, seconds, "left"))

    def after(self, place: Place) -> int:
        """The position behind a place."""
        first, last = self.since(place[0]), self.since(place[0] + 1)
        return first + int(np.searchsorted(self.keys[first:last], place[1], "right"))

    def place(self, position: int) -> Place:
        return int(self.at[position]), self.keys[position]

    def at_of(self, key: Any) -> int:
        """The time of the row with this key, in whole seconds; keys that are not there raise KeyError."""
        return int(self.at[self._place_of(key)])

    def rows(self, start: int, stop: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.table.slice(start, max(0, stop - start)).to_pylist()
        return found

    def row(self, key: Any) -> dict[str, Any] | None:
        try:
            at = self._place_of(key)
        except KeyError:
            return None
        return self.rows(at, at + 1)[0]

    def _place_of(self, key: Any) -> int:
        if not self._positions:
            self._positions = {one: number for number, one in enumerate(self.keys.tolist())}
        return self._positions[key]


class Streams:
    """The streams of a vendor's tables, made anew when the clock has moved."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.RLock()
        self._made: dict[tuple[str, str, datetime, int], Stream] = {}

    def now(self) -> int:
        """The sandbox's moment in seconds since 1970."""
        return int(self._context.clock.now.timestamp())

    def get(
        self,
        table: str,
        key: str,
        time: str = "updated_at",
        *,
        lag: float = 0.0,
        without: str = "",
        written: Mapping[Any, datetime] | None = None,
    ) -> Stream:
        """A table by its time, as it stood ``lag`` seconds ago; rows whose column ``without`` is true are left out.

        ``written``: when rows were last changed by a write to the vendor, by key; only ever added to.
        """
        with self._lock:
            now = self._context.clock.now
            moment = now - timedelta(seconds=lag)
            late = {one: at for one, at in (written or {}).items() if at <= moment}
            name = (table, time, moment, hash(frozenset(late.items())))
            if name not in self._made:
                oldest = now - timedelta(hours=1)
                self._made = {one: made for one, made in self._made.items() if oldest <= one[2] <= now}
                shown = self._context.tables.visible(table, key, moment)
                if without:
                    shown = shown.filter(pc.invert(shown[without]))
                self._made[name] = Stream(_moved(shown, key, time, late) if late else shown, key, time)
            return self._made[name]


def _moved(table: pa.Table, key: str, time: str, late: Mapping[Any, datetime]) -> pa.Table:
    """The table with the later of its own time and that of a write."""
    column, kind = table.schema.get_field_index(time), table.schema.field(time).type
    naive = [at.astimezone(UTC).replace(tzinfo=None) for at in late.values()]
    places = pc.index_in(table[key], pa.array(list(late), table.schema.field(key).type))
    moments = pc.max_element_wise(table[time], pa.array(naive, kind).take(places.combine_chunks()))
    return table.set_column(column, time, moments)


def seconds_of(text: str) -> int:
    """An ISO time as seconds since 1970; without a zone it is UTC. Raises ValueError."""
    read = datetime.fromisoformat(text)
    return int((read.replace(tzinfo=UTC) if read.tzinfo is None else read).timestamp())
