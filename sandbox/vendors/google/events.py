"""Conversions: events of a conversion action, each counted once by its transaction id.

The account has three actions: web sales, phone sales and store sales (which needs ``eventLocation.storeId``). What has
the wrong shape fails the request; what is too old, has no consent or was told before is refused and counted. The value
is in units of the currency, never in micros.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from sandbox.context import Context
from sandbox.vendors.google import payload
from sandbox.vendors.google.gate import Call, invalid, name_of
from sandbox.vendors.google.statuses import Statuses

MOST_EVENTS = 2_000
OLDEST_DAYS = 90
ACTIONS = {"777000001": "WEB", "777000002": "PHONE", "777000003": "IN_STORE"}
SOURCES = ("EVENT_SOURCE_UNSPECIFIED", "WEB", "APP", "IN_STORE", "PHONE", "OTHER", "MESSAGE")
FIELDS = (
    "adIdentifiers", "additionalEventParameters", "appInstanceId", "callInfo", "cartData", "clientId", "consent",
    "conversionCount", "conversionValue", "currency", "customVariables", "destinationReferences", "eventDeviceInfo",
    "eventLocation", "eventName", "eventSource", "eventTimestamp", "experimentalFields", "lastUpdatedTimestamp",
    "thirdPartyUserData", "transactionId", "userData", "userId", "userProperties",
)  # fmt: skip
TABLE = """create table if not exists google_events (
    action text not null, transaction_id text not null, happened text not null, value real not null,
    currency text not null, source text not null, body text not null, primary key (action, transaction_id))"""


class Events:
    """The conversions that were counted."""

    def __init__(self, context: Context, statuses: Statuses) -> None:
        self._context, self._statuses = context, statuses
        context.state.execute(TABLE)

    def ingest(self, call: Call) -> dict[str, Any]:
        to = payload.destinations(call)
        for place, one in enumerate(to):
            if str(one["productDestinationId"]) not in ACTIONS:
                field = f"destinations.destinations[{place}].product_destination_id"
                raise invalid((field, "INVALID_CONVERSION_ACTION_ID"), reason="INVALID_CONVERSION_ACTION_ID")
        given = self._read(call, to)
        if call.is_trial:
            return {}
        errors: dict[str, list[int]] = defaultdict(list)
        is_failed = self._statuses.fails()
        default = payload.consent(call.body.get("consent"), (payload.CONSENTS[0],) * 2, "consent")
        with self._context.state.together():
            for place, (event, places) in enumerate(given):
                reason = self._refusal(event, [to[at] for at in places], default)
                if reason:
                    errors[reason].append(place)
                elif not is_failed:
                    for at in places:
                        self._hold(str(to[at]["productDestinationId"]), event)
        return {"requestId": self._statuses.note("events", to, len(given), errors, is_failed=is_failed)}

    def _read(self, call: Call, to: list[dict[str, Any]]) -> list[tuple[dict[str, Any], list[int]]]:
        given = call.body.get("events")
        if not isinstance(given, list) or not given:
            raise invalid(("events", "REQUIRED_FIELD_MISSING"))
        if len(given) > MOST_EVENTS:
            raise invalid(("events", "TOO_MANY_EVENTS"), reason="TOO_MANY_EVENTS")
        has_user = any(isinstance(one, dict) and one.get("userData") for one in given)
        encoded = payload.encoding(call) if has_user else "HEX"
        wrong: payload.Violations = []
        found = []
        for place, one in enumerate(given):
            field = f"events.events[{place}]"
            event = payload.known(one, FIELDS, field)
            places = payload.recipients(event, to, field)
            wrong += _problems(event, field, encoded, [ACTIONS[str(to[at]["productDestinationId"])] for at in places])
            found.append((event, places))
        payload.reject(wrong)
        return found

    def _refusal(self, event: dict[str, Any], to: list[dict[str, Any]], default: tuple[str, str]) -> str | None:
        reason = payload.refusal_of(payload.consent(event.get("consent"), default, "consent"))
        if reason:
            return reason
        if _time(event["eventTimestamp"]) < self._context.clock.now - timedelta(days=OLDEST_DAYS):
            return "EVENT_TOO_OLD"
        for one in to:
            if self._context.state.rows(
                "select 1 from google_events where action = ? and transaction_id = ?",
                (str(one["productDestinationId"]), str(event["transactionId"])),
            ):
                return "DUPLICATE_TRANSACTION_ID"
        return None

    def _hold(self, action: str, event: dict[str, Any]) -> None:
        self._context.state.execute(
            "insert or ignore into google_events values (?, ?, ?, ?, ?, ?, ?)",
            (action, str(event["transactionId"]), str(event["eventTimestamp"]), float(event["conversionValue"]),
             str(event["currency"]), name_of(event.get("eventSource"), SOURCES, "event_source"),
             orjson.dumps(event).decode()),
        )  # fmt: skip

    def believed(self) -> dict[str, Any]:
        """What was counted, told to tests only."""
        names = ("action", "transaction_id", "happened", "value", "currency", "source")
        rows = self._context.state.rows(f"select {', '.join(names)} from google_events order by action, transaction_id")
        return {"events": [dict(zip(names, row, strict=True)) for row in rows]}


def _problems(event: dict[str, Any], field: str, encoded: str, sources: list[str]) -> payload.Violations:
    """Why an event has the wrong shape."""
    wrong: payload.Violations = [
        (f"{field}.{name}", "REQUIRED_FIELD_MISSING") for name in ("transactionId", "eventTimestamp", "currency")
        if not event.get(name)
    ]  # fmt: skip
    if not event.get("userData") and not event.get("adIdentifiers"):
        wrong.append((field, "NO_IDENTIFIERS_PROVIDED"))
    if event.get("userData"):
        wrong += payload.identifiers(event["userData"], encoded, f"{field}.user_data")[1]
    value = event.get("conversionValue")
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        wrong.append((f"{field}.conversion_value", "INVALID_NUMBER_FORMAT"))
    if event.get("currency") and not re.fullmatch(r"[A-Z]{3}", str(event["currency"])):
        wrong.append((f"{field}.currency", "INVALID_CURRENCY_CODE"))
    source = name_of(event.get("eventSource"), SOURCES, f"{field}.event_source")
    if any(source != wanted for wanted in sources):
        wrong.append((f"{field}.event_source", "EVENT_SOURCE_AND_DESTINATION_MISMATCH"))
    if source == "IN_STORE" and not (event.get("eventLocation") or {}).get("storeId"):
        wrong.append((f"{field}.event_location.store_id", "REQUIRED_FIELD_MISSING"))
    if event.get("eventTimestamp"):
        try:
            _time(event["eventTimestamp"])
        except ValueError:
            wrong.append((f"{field}.event_timestamp", "EVENT_TIME_INVALID"))
    return wrong


def _time(text: Any) -> datetime:
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
