"""The Conversions API: events of the dataset, from the web shop, its app and the stores, up to 1,000 a request.

A request is taken whole or refused whole: one event that is too old, has the wrong shape or tells nothing by which a
person could be known refuses all others with it. An event that has come before under the same name and id is dropped
for 48 hours without a word, so a pixel and a server may both tell it; the answer counts it as received. Codes of the
refusals are those seen in the field where they are known (2804003: too old); the others are 100 without a subcode.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from sandbox.context import Context
from sandbox.vendors.meta.graph import Call, GraphError, wrong
from sandbox.vendors.meta.people import People

DATASET = "700800900100200"
MOST_EVENTS, TOO_OLD = 1_000, 2804003
KNOWN_FOR, AHEAD = timedelta(hours=48), timedelta(minutes=10)
ACTION_SOURCES = (
    "email", "website", "app", "phone_call", "chat", "physical_store", "system_generated", "business_messaging",
    "other",
)  # fmt: skip
MAX_AGE = dict.fromkeys(ACTION_SOURCES, timedelta(days=7)) | {"physical_store": timedelta(days=62)}
HASHED = {"em": "EMAIL", "ph": "PHONE", "fn": "", "ln": "", "db": "", "ge": "", "ct": "", "st": "", "zp": "",
          "country": "", "external_id": ""}  # fmt: skip
CLEAR = ("client_ip_address", "client_user_agent", "fbc", "fbp", "subscription_id", "lead_id", "madid", "anon_id")
TELLING = ("em", "ph", "fbc", "fbp", "external_id", "lead_id", "madid", "client_ip_address")
DIGEST, CURRENCY = re.compile(r"[0-9a-f]{64}"), re.compile(r"[A-Za-z]{3}")
CLICK = re.compile(r"fb\.[012]\.\d{13}\.\S+")
TABLE = """create table if not exists meta_events (
    number integer primary key autoincrement, name text not null, event_id text not null, happened integer not null,
    arrived text not null, action_source text not null, body text not null, test_code text not null)"""


class Events:
    """The call that takes events, and what was made of them."""

    def __init__(self, context: Context, people: People) -> None:
        self._context, self._state, self._people = context, context.state, people
        context.state.execute(TABLE)
        context.state.execute("create index if not exists meta_events_by_id on meta_events (event_id, name)")

    def exists(self, node: str) -> bool:
        return node == DATASET

    def get(self, call: Call) -> dict[str, Any]:
        """GET of the dataset: whether it takes the sales of stores."""
        fields = call.fields(("id", "name", "is_consolidated_container"), ("id",))
        known = {"id": DATASET, "name": "Web shop and stores", "is_consolidated_container": True}
        return {name: known[name] for name in ("id", *fields)}

    def take(self, call: Call) -> dict[str, Any]:
        """POST events."""
        given = call.value("data")
        if not isinstance(given, list) or not given:
            raise wrong("param data must be a non-empty array")
        if len(given) > MOST_EVENTS:
            raise wrong(f"param data has {len(given)} events; at most {MOST_EVENTS} are taken at once")
        events = [_read(orjson.loads(one) if isinstance(one, str) else one, call.now) for one in given]
        with self._state.together():
            for event in events:
                if not self._is_known(event, call.now):
                    self._state.execute(
                        "insert into meta_events values (null, ?, ?, ?, ?, ?, ?, ?)",
                        (event["event_name"], str(event.get("event_id") or ""), int(event["event_time"]),
                         call.now.isoformat(), event["action_source"], orjson.dumps(event).decode(),
                         call.text("test_event_code")),
                    )  # fmt: skip
        return {"events_received": len(events), "messages": [], "fbtrace_id": f"A{self._count():015d}"}

    def _count(self) -> int:
        return int(self._state.rows("select coalesce(max(number), 0) from meta_events")[0][0])

    def _is_known(self, event: dict[str, Any], now: datetime) -> bool:
        rows = self._state.rows(
            "select arrived from meta_events where event_id = ? and name = ? and event_id <> ''",
            (str(event.get("event_id") or ""), event["event_name"]),
        )
        return any(now - datetime.fromisoformat(arrived) < KNOWN_FOR for (arrived,) in rows)

    def believed(self) -> dict[str, Any]:
        """The events that count, told to tests only; those sent with a test code are apart."""
        found: dict[str, list[dict[str, Any]]] = {"events": [], "test_events": []}
        for body, code in self._state.rows("select body, test_code from meta_events order by number"):
            event = orjson.loads(body)
            cells = [
                (key, value) for name, key in HASHED.items() if key for value in _listed(event["user_data"].get(name))
            ]
            is_limited = "LDU" in (event.get("data_processing_options") or ())
            event["is_recognised"] = not is_limited and bool(self._people.matched(cells))
            found["test_events" if code else "events"].append(event)
        return found


def _read(event: Any, now: datetime) -> dict[str, Any]:
    """One event of the right shape. Raises GraphError."""
    if not isinstance(event, dict) or not isinstance(event.get("event_name"), str) or not event["event_name"]:
        raise wrong("data: an event must have an event_name")
    source, moment = event.get("action_source"), event.get("event_time")
    if source not in ACTION_SOURCES:
        raise wrong("data: action_source must be one of the known sources")
    if isinstance(moment, bool) or not str(moment).isdigit():
        raise wrong("data: event_time must be a Unix time in seconds")
    happened = datetime.fromtimestamp(int(str(moment)), UTC)
    if happened > now + AHEAD:
        raise wrong("data: event_time lies in the future")
    if happened < now - MAX_AGE[source]:
        title = "Event Timestamp Too Old"
        raise wrong("Invalid parameter", TOO_OLD, title, "The timestamp for this event is too far in the past.")
    options = event.get("data_processing_options", [])
    if not isinstance(options, list) or any(one != "LDU" for one in options):
        raise wrong("data: data_processing_options must be a list of options")
    _check_user(event.get("user_data"))
    _check_money(event)
    return event


def _check_user(user: Any) -> None:
    if not isinstance(user, dict):
        raise wrong("data: an event must have user_data")
    for name in user:
        if name not in HASHED and name not in CLEAR:
            raise wrong(f"data: user_data has no key {name}")
    for name in HASHED:
        if any(not isinstance(value, str) or not DIGEST.fullmatch(value) for value in _listed(user.get(name))):
            raise wrong(f"data: {name} must be a SHA-256 hash in lower case")
    if user.get("fbc") and not CLICK.fullmatch(str(user["fbc"])):
        raise wrong("data: fbc must be fb.<subdomains>.<milliseconds>.<click id>")
    if not any(user.get(name) for name in TELLING):
        raise wrong("data: the event tells nothing by which a person could be known")


def _check_money(event: dict[str, Any]) -> None:
    custom = event.get("custom_data") or {}
    if not isinstance(custom, dict):
        raise wrong("data: custom_data must be an object")
    value, currency = custom.get("value"), custom.get("currency")
    if event["event_name"] == "Purchase" and (value is None or currency is None):
        raise wrong("data: a Purchase must have a value and a currency")
    if value is not None and (isinstance(value, bool) or not _is_number(value)):
        raise wrong("data: value must be a number")
    if event["event_name"] == "Purchase" and Decimal(str(value)) < 0:
        raise wrong("data: the value of a Purchase must not be negative")
    if currency is not None and not CURRENCY.fullmatch(str(currency)):
        raise wrong("data: currency must be an ISO code")


def _is_number(value: Any) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", str(value)) is not None


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def too_many() -> GraphError:
    """The refusal of a call that comes too fast. Events have no limit an hour that Meta tells of."""
    return GraphError(4, "(#4) Application request limit reached", 1504022)
