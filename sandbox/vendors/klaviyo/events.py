"""Klaviyo's events: a page is cut out of sorted columns and only its own rows become documents.

Events are shown from ``revealed_at`` on, which for late ones is long after their ``datetime``, and for a few is before
it: an event may lie in the future.
"""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.context import Context
from sandbox.tables import Tables
from sandbox.vendors.klaviyo.jsonapi import Call, Condition, invalid, not_found

TIME_SIGNS = ("greater-or-equal", "greater-than", "less-or-equal", "less-than")
FILTERS = {"metric_id": ("equals",), "profile_id": ("equals",), "datetime": TIME_SIGNS, "timestamp": TIME_SIGNS}
DEFAULT_PAGE, MOST = 200, 1000


class EventTable:
    """All events visible at one moment, in order of (datetime, id)."""

    def __init__(self, tables: Tables, now: datetime) -> None:
        self.now = now
        self.table = tables.visible("klaviyo_events", "event_id", now, "datetime, event_id").combine_chunks()
        self.times = pc.cast(pc.cast(self.table.column("datetime"), pa.timestamp("us")), pa.int64()).to_numpy()

    @cached_property
    def metrics(self) -> pa.ChunkedArray:
        return self.table.column("metric_id")

    @cached_property
    def last_by_profile(self) -> dict[str, int]:
        """The newest event of each profile, as UTC microseconds."""
        grouped = pa.table({"p": self.table.column("profile_id"), "t": pa.array(self.times)}).group_by("p")
        read = grouped.aggregate([("t", "max")])
        return dict(zip(read.column("p").to_pylist(), read.column("t_max").to_pylist(), strict=True))

    def positions(self, conditions: list[Condition]) -> np.ndarray:
        """Which rows fit, in order."""
        low, high = 0, len(self.times)
        for one in conditions:
            if one.field in ("datetime", "timestamp"):
                low, high = self._narrow(one, low, high)
        found = np.arange(low, max(low, high))
        for one in conditions:
            if one.field in ("metric_id", "profile_id"):
                column = self.table.column(one.field).slice(low, max(0, high - low))
                fits = pc.equal(column, one.values()[0]).to_numpy()
                found = found[fits[found - low]]
        return found

    def _narrow(self, one: Condition, low: int, high: int) -> tuple[int, int]:
        if one.field == "timestamp":
            if not str(one.value).lstrip("-").isdigit():
                raise invalid("timestamp is compared with whole seconds.", "filter")
            at = int(one.value) * 1_000_000
        else:
            at = one.moment()
        side: Literal["left", "right"] = "right" if one.sign in ("greater-than", "less-or-equal") else "left"
        place = int(np.searchsorted(self.times, at, side=side))
        return (max(low, place), high) if one.sign.startswith("greater") else (low, min(high, place))

    def place(self, micros: int, event_id: str) -> int:
        """The position of the event that a cursor names, or of where it would stand."""
        low, high = np.searchsorted(self.times, micros), np.searchsorted(self.times, micros, side="right")
        ids = self.table.column("event_id").slice(int(low), int(high - low)).to_pylist()
        return int(low) + sum(one <= event_id for one in ids) - 1


class Events:
    """The calls below /events."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._table: EventTable | None = None

    def table(self) -> EventTable:
        with self._lock:
            if self._table is None or self._table.now != self._context.clock.now:
                self._table = EventTable(self._context.tables, self._context.clock.now)
            return self._table

    def index(self, call: Call) -> dict[str, Any]:
        table = self.table()
        size = call.page_size(DEFAULT_PAGE, MOST)
        _, descends = call.sort(("datetime", "timestamp"), "-datetime")
        found = table.positions(call.filters(FILTERS))
        cursor = call.cursor()
        if cursor is not None and self._context.faults.take("klaviyo", "expired_cursor"):
            raise invalid("Invalid cursor provided.", "page[cursor]")
        if cursor is not None:
            place = table.place(*cursor)
            found = found[found < place] if descends else found[found > place]
        here = found[::-1][:size] if descends else found[:size]
        after = None
        if len(found) > size:
            last = int(here[-1])
            after = [int(table.times[last]), table.table.column("event_id")[last].as_py()]
            if cursor is not None and self._context.faults.take("klaviyo", "duplicate_page"):
                after = cursor
        rows = table.table.take(pa.array(here, pa.int64()))
        times = table.times[here].tolist()
        data = documents(rows, times, call.base)
        return call.page(data, after, **self._included(call, rows))

    def get(self, call: Call) -> dict[str, Any]:
        table = self.table()
        at = pc.index(table.table.column("event_id"), call.key()).as_py()
        if at < 0:
            raise not_found("event", call.key())
        rows = table.table.slice(at, 1)
        return {"data": documents(rows, [int(table.times[at])], call.base)[0], **self._included(call, rows)}

    def _included(self, call: Call, rows: pa.Table) -> dict[str, Any]:
        """Attributions on request: the campaign that an event belongs to."""
        if "attributions" not in call.listed("include"):
            return {}
        pairs = zip(rows.column("event_id").to_pylist(), rows.column("campaign_id").to_pylist(), strict=True)
        included = [
            {
                "type": "attribution",
                "id": _token(f"attribution {event}"),
                "relationships": {
                    "event": {"data": {"type": "event", "id": event}},
                    "campaign": {"data": {"type": "campaign", "id": campaign}},
                },
                "links": {"self": f"{call.base}/attributions/{_token(f'attribution {event}')}"},
            }
            for event, campaign in pairs
            if campaign is not None
        ]
        return {"included": included}


def _token(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def documents(rows: pa.Table, times: list[int], base: str) -> list[dict[str, Any]]:
    """Event documents of a page's rows; ``times`` are their datetimes in microseconds."""
    columns = [
        rows.column(name).to_pylist()
        for name in ("event_id", "metric_id", "profile_id", "campaign_id", "campaign_name", "message_id", "url")
    ]
    values, orders = rows.column("value_cents").to_pylist(), rows.column("order_id").to_pylist()
    moments = np.datetime_as_string((np.array(times, np.int64) // 1_000_000).astype("datetime64[s]")).tolist()
    found = []
    for micros, moment, value, order, (key, metric, profile, campaign, name, message, url) in zip(
        times, moments, values, orders, zip(*columns, strict=True), strict=True
    ):
        properties: dict[str, Any] = {}
        if name is not None:
            properties["Campaign Name"] = name
        if message is not None:
            properties["$message"] = message
        if url is not None:
            properties["URL"] = url
        if order is not None:
            properties["$event_id"] = str(order)
            properties["OrderId"] = str(order)
        if value is not None:
            properties["$value"] = value / 100
            properties["$currency_code"] = "USD"
        token = _token(key)
        attributions = [] if campaign is None else [{"type": "attribution", "id": _token(f"attribution {key}")}]
        found.append(
            {
                "type": "event",
                "id": key,
                "attributes": {
                    "timestamp": micros // 1_000_000,
                    "datetime": f"{moment}+00:00",
                    "uuid": f"{token[:8]}-{token[8:12]}-{token[12:16]}-{token[16:20]}-{token[20:]}",
                    "event_properties": properties,
                },
                "relationships": {
                    "profile": {"data": {"type": "profile", "id": profile}},
                    "metric": {"data": {"type": "metric", "id": metric}},
                    "attributions": {"data": attributions},
                },
                "links": {"self": f"{base}/events/{key}"},
            }
        )
    return found
