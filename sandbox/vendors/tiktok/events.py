"""The Events API 2.0: conversions of the web shop, the app, the stores and the CRM, up to 1,000 a call.

One wrong row refuses the whole call. An event that came already, from the same place with the same name and event_id,
is dropped for 48 hours without a word, so a pixel and a server may both tell it. Whoever limits the use of their data
is counted and not recognised. How old an event may be is told nowhere: any age is taken.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import orjson

from sandbox.context import Context
from sandbox.vendors.tiktok.envelope import HASH, NOT_HASHED, TOO_MANY_ROWS, ApiError, Call, wrong
from sandbox.vendors.tiktok.event_sets import EventSets
from sandbox.vendors.tiktok.people import People

SOURCES = ("web", "app", "offline", "crm")
MOST_ROWS, TWICE_SECONDS = 1_000, 48 * 3_600
HASHED = {"email": "EMAIL_SHA256", "phone": "PHONE_SHA256", "external_id": "EXTERNAL_ID"}
CLEAR = ("ttclid", "ttp", "ip", "user_agent", "lead_id", "locale")
CURRENCY = re.compile(r"[A-Z]{3}")
TABLE = """create table if not exists tiktok_events (
    number integer primary key autoincrement, source text not null, source_id text not null, event text not null,
    event_id text not null, moment integer not null, properties text not null, cells text not null,
    is_limited integer not null, test_code text not null)"""
Row = dict[str, Any]


class Events:
    """The call that takes events, and what was made of them."""

    def __init__(self, context: Context, sets: EventSets, people: People) -> None:
        self._context, self._state, self._sets, self._people = context, context.state, sets, people
        context.state.execute(TABLE)
        context.state.execute("create index if not exists tiktok_events_by_id on tiktok_events (source_id, event_id)")

    def track(self, call: Call) -> dict[str, Any]:
        """POST event/track/."""
        source, key, rows = call.needed("event_source"), call.needed("event_source_id"), call.listed("data")
        if source not in SOURCES:
            raise wrong("event_source: Not a valid choice.")
        if not self._sets.has(source, key):
            raise wrong("event_source_id: There is no such source of events.")
        if not 1 <= len(rows) <= MOST_ROWS:
            raise ApiError(TOO_MANY_ROWS, f"data: must have from 1 to {MOST_ROWS} events")
        read = [_read(row, call.moment) for row in rows]
        with self._state.together():
            for row in read:
                if not self._is_known(key, row):
                    self._state.execute(
                        "insert into tiktok_events values (null, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        (source, key, row["event"], row["event_id"], row["event_time"],
                         orjson.dumps(row["properties"]).decode(), orjson.dumps(row["cells"]).decode(),
                         int(row["is_limited"]), call.text("test_event_code")),
                    )  # fmt: skip
        return {}

    def _is_known(self, source_id: str, row: Row) -> bool:
        return bool(row["event_id"]) and bool(
            self._state.rows(
                "select 1 from tiktok_events where source_id = ? and event_id = ? and event = ? "
                "and abs(moment - ?) < ? limit 1",
                (source_id, row["event_id"], row["event"], row["event_time"], TWICE_SECONDS),
            )
        )

    def believed(self) -> dict[str, Any]:
        """The events that count, told to tests only; those sent with a test code are apart."""
        found: dict[str, list[Row]] = {"events": [], "test_events": []}
        for source, key, event, event_id, moment, properties, cells, is_limited, code in self._state.rows(
            "select source, source_id, event, event_id, moment, properties, cells, is_limited, test_code "
            "from tiktok_events order by number"
        ):
            told = [(name, value) for name, value in orjson.loads(cells)]
            one = {
                "event_source": source,
                "event_source_id": key,
                "event": event,
                "event_id": event_id,
                "event_time": moment,
                "properties": orjson.loads(properties),
                "cells": told,
                "is_recognised": not is_limited and bool(self._people.matched(told)),
            }
            found["test_events" if code else "events"].append(one)
        return found


def _read(row: Any, now: int) -> Row:
    """One event of the right shape. Raises ApiError."""
    if not isinstance(row, dict):
        raise wrong("data: an event must be an object")
    event, moment = row.get("event"), row.get("event_time")
    if not isinstance(event, str) or not event:
        raise wrong("data.event: Missing data for required field.")
    if isinstance(moment, bool) or not isinstance(moment, int) or not 0 < moment <= now + 86_400:
        raise wrong("data.event_time: must be a time in seconds that is not in the future")
    event_id, is_limited = row.get("event_id", ""), row.get("limited_data_use", False)
    if not isinstance(event_id, str):
        raise wrong("data.event_id: must be a string")
    if not isinstance(is_limited, bool):
        raise wrong("data.limited_data_use: Not a valid boolean.")
    properties = row.get("properties") or {}
    _check_properties(properties)
    return {
        "event": event,
        "event_id": event_id,
        "event_time": moment,
        "properties": properties,
        "cells": _cells(row.get("user")),
        "is_limited": is_limited,
    }


def _cells(user: Any) -> list[tuple[str, str]]:
    """The hashes of a user, by key: each key has one or a list of them."""
    if not isinstance(user, dict) or not any(user.get(name) for name in (*HASHED, *CLEAR)):
        raise wrong("data.user: there is nothing by which anybody could be recognised")
    cells = []
    for name, key in HASHED.items():
        given = user.get(name) or []
        for value in given if isinstance(given, list) else [given]:
            if not isinstance(value, str) or not HASH.fullmatch(value):
                raise ApiError(NOT_HASHED, f"data.user.{name}: must be a SHA-256 hash in lower case")
            cells.append((key, value))
    for name in CLEAR:
        if not isinstance(user.get(name, ""), str):
            raise wrong(f"data.user.{name}: must be a string")
    return cells


def _check_properties(properties: Any) -> None:
    if not isinstance(properties, dict):
        raise wrong("data.properties: must be an object")
    value, currency = properties.get("value"), properties.get("currency")
    if value is not None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not Decimal(str(value)).is_finite():
            raise wrong("data.properties.value: must be a number")
        if not isinstance(currency, str) or not CURRENCY.fullmatch(currency):
            raise wrong("data.properties.currency: must be an ISO code where there is a value")
    contents = properties.get("contents", [])
    if not isinstance(contents, list) or not all(isinstance(one, dict) for one in contents):
        raise wrong("data.properties.contents: must be a list of objects")
