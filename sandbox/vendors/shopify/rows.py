"""The shop's rows at one moment: columns to sort and filter by, and dicts of just the rows that a page needs.

A ``Snapshot`` belongs to one ``now`` and one state of the tags; it never changes, so a bulk operation keeps reading the
snapshot it began with. Times are kept twice: as numbers to compare, and as the text that the vendor shows.
"""

from __future__ import annotations

import threading
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.tables import Tables

Row = dict[str, Any]
Numbers = npt.NDArray[Any]


def show_times(table: pa.Table) -> pa.Table:
    """Timestamps as ``2026-06-29T00:00:00Z``."""
    for number, wanted in enumerate(table.schema):
        if pa.types.is_timestamp(wanted.type):
            seconds = pc.cast(table.column(number), pa.timestamp("s"), safe=False)
            table = table.set_column(number, wanted.name, pc.strftime(seconds, format="%Y-%m-%dT%H:%M:%SZ"))
    return table


class Rows:
    """A table ordered by ``key``; ``tags`` are those that were written to its objects since, by id."""

    def __init__(self, table: pa.Table, key: str, tags: dict[int, list[str]] | None = None) -> None:
        self.table, self.key, self.tags = table, key, tags or {}
        self.ids: Numbers = table.column(key).to_numpy() if key in table.column_names else np.empty(0, np.int64)
        self._orders: dict[tuple[str, ...], Numbers] = {}

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def shown(self) -> pa.Table:
        return show_times(self.table)

    def values(self, column: str) -> Numbers:
        """A column as numbers or text; times as microseconds, missing ones before all others."""
        data = self.table.column(column)
        if pa.types.is_timestamp(data.type):
            micros = pc.cast(pc.cast(data, pa.timestamp("us")), pa.int64())
            return pc.fill_null(micros, np.iinfo(np.int64).min).to_numpy()
        if pa.types.is_integer(data.type) or pa.types.is_boolean(data.type):
            return pc.fill_null(pc.cast(data, pa.int64()), -1).to_numpy()
        return np.array(pc.fill_null(pc.cast(data, pa.string()), "").to_pylist(), dtype=object)

    def tagged(self, tag: str) -> Numbers:
        """True for each row that bears the tag, in whatever case."""
        world = self.table.column("tags").to_pylist()
        every = (self.tags.get(int(one), tags) for one, tags in zip(self.ids, world, strict=True))
        return np.array([tag.casefold() in (one.casefold() for one in tags or ()) for tags in every], bool)

    def order(self, column: str) -> Numbers:
        """Positions of the rows sorted by a column, then by id."""
        if (column,) not in self._orders:
            self._orders[column,] = np.lexsort((self.ids, self.values(column)))
        return self._orders[column,]

    def rows(self, positions: Numbers | list[int]) -> list[Row]:
        return self.shown.take(pa.array(positions, pa.int64())).to_pylist()

    def find(self, ids: list[int]) -> dict[int, Row]:
        """Rows by id, for those that are there."""
        if not len(self) or not ids:
            return {}
        wanted = np.unique(np.array(ids, np.int64))
        at = np.searchsorted(self.ids, wanted)
        at = at[(at < len(self)) & (self.ids[np.minimum(at, len(self) - 1)] == wanted)]
        return {row[self.key]: row for row in self.rows(at)}


class Children:
    """A table ordered by its parent's id, to read the children of many parents at once."""

    def __init__(self, table: pa.Table, parent: str) -> None:
        self._table, self._parent = table, parent
        self._parents: Numbers = table.column(parent).to_numpy() if table.num_rows else np.empty(0, np.int64)

    def of(self, parents: list[int]) -> dict[int, list[Row]]:
        """The rows of each parent, in the table's order; every parent has an entry."""
        found: dict[int, list[Row]] = {one: [] for one in parents}
        if not len(self._parents):
            return found
        wanted = np.unique(np.array(parents, np.int64))
        low, high = np.searchsorted(self._parents, wanted), np.searchsorted(self._parents, wanted, side="right")
        positions = np.concatenate([np.arange(a, b) for a, b in zip(low, high, strict=True)] or [np.empty(0, np.int64)])
        for row in show_times(self._table.take(pa.array(positions, pa.int64()))).to_pylist():
            found[row[self._parent]].append(row)
        return found


class Snapshot:
    """All tables of the shop at ``now``, each read when first asked for; of orders those since ``orders_since``."""

    def __init__(
        self,
        tables: Tables,
        now: datetime,
        tags: dict[str, tuple[list[str], datetime]],
        orders_since: datetime | None = None,
    ) -> None:
        self.tables, self.now, self.tags, self._orders_since = tables, now, tags, orders_since
        self._lock = threading.RLock()
        self._read: dict[tuple[str, str], Any] = {}

    def rows(self, table: str, key: str) -> Rows:
        """The objects of a table, with the tags that were written to them since."""
        with self._lock:
            if (table, key) not in self._read:
                read = self.tables.visible(table, key, self.now)
                if table == "shopify_orders" and self._orders_since is not None:
                    since = pa.scalar(self._orders_since.replace(tzinfo=None), read.schema.field("created_at").type)
                    read = read.filter(pc.greater_equal(read.column("created_at"), since))
                if table == "shopify_fulfillment_orders" and self._orders_since is not None:
                    shown = pa.array(self.rows("shopify_orders", "order_id").ids)
                    read = read.filter(pc.is_in(read.column("order_id"), shown))
                if table == "shopify_customers":
                    # one that was merged into another is shown nowhere
                    read = read.filter(pc.invert(read.column("is_deleted")))
                written = self._written(table)
                tags = {one: tags for one, (tags, _) in written.items()}
                self._read[table, key] = Rows(_moved(read, key, written), key, tags)
            found: Rows = self._read[table, key]
            return found

    def children(self, table: str, key: str, parent: str, *order: str) -> Children:
        with self._lock:
            if (table, parent) not in self._read:
                by = ", ".join(f"{column} nulls last" for column in (parent, *order, key))
                by = by.removesuffix(" nulls last")
                self._read[table, parent] = Children(self.tables.visible(table, key, self.now, by), parent)
            found: Children = self._read[table, parent]
            return found

    def _written(self, name: str) -> dict[int, tuple[list[str], datetime]]:
        """What was written to the objects of a table: id -> its tags, and when."""
        kind = {"shopify_customers": "Customer", "shopify_orders": "Order", "shopify_products": "Product"}.get(name)
        prefix = f"gid://shopify/{kind}/"
        return {int(gid.removeprefix(prefix)): one for gid, one in self.tags.items() if gid.startswith(prefix)}


def _moved(table: pa.Table, key: str, written: dict[int, tuple[list[str], datetime]]) -> pa.Table:
    """The table with the later of its own time of change and that of a write."""
    if not written or "updated_at" not in table.column_names:
        return table
    updated = table.column("updated_at").to_pylist()
    for position, one in enumerate(table.column(key).to_pylist()):
        if one in written:
            updated[position] = max(updated[position], written[one][1].replace(tzinfo=None))
    column = pa.array(updated, table.schema.field("updated_at").type)
    return table.set_column(table.column_names.index("updated_at"), "updated_at", column)
