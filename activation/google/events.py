"""Google's events of the Data Manager API: orders as conversions of the web shop's action and of the stores' action.

A request is checked as a whole; Google names the bad events by their place, they are left out and the rest is sent
again. What passed is processed for about half an hour: its request id is kept before it is polled, so a killed run asks
for it instead of sending again. The outcome is a count per reason, in newer servers with the places of the events;
where these are missing, the engine sends the batch again by halves.

An event is known by its transaction id for good, per action: from the shop's tag or from us, it counts once, and one
that Google knows already is taken as told. The API documents no way to take back a conversion or a part of its value,
so refunds are not sent; the plan counts them. Consent is said with every request (adUserData and adPersonalization
granted), and only customers with evidence of it are told of. No address, number or name leaves in clear text, country
and postal code do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

import orjson

from activation.client import Client, NotFound
from activation.conversion import Event, Kind, Source
from activation.destination import BatchRefused, DestinationError, Outcome, Remember
from activation.google.access import accounts_of, client_of, destination_of
from activation.google.uploads import CONSENT, RowsRefused, cells_of, settle, user_of, wait
from activation.told import Cell

SETTINGS: Mapping[str, str | None] = {"web_conversion_action_id": "", "store_conversion_action_id": ""}
BATCH_SIZE = 2_000
MAX_AGE = timedelta(days=90)
KNOWN_FOR: timedelta | None = None
KINDS: tuple[Kind, ...] = ("purchase",)
SOURCES: Mapping[Source, str] = {"website": "web_conversion_action_id", "store": "store_conversion_action_id"}
IDENTIFIERS = ("email", "phone", "gclid")
CONTACT_FIELDS = ("given_name", "family_name", "postal_code", "country_code")

EVENT_SOURCES = {"website": "WEB", "store": "IN_STORE"}
KNOWN = "DUPLICATE_TRANSACTION_ID"
UNUSABLE = Outcome("rejected", "no usable e-mail, phone, address or click id")


@dataclass
class Connection:
    """A client, the accounts, and the conversion action of each source."""

    client: Client
    version: str
    account: str
    login_account: str
    actions: Mapping[Source, str]
    sleep: Callable[[float], None] = time.sleep

    def path(self, name: str) -> str:
        return f"{self.version}/{name}"

    def body(self, events: Sequence[Event], cells: Mapping[str, Sequence[Cell]]) -> bytes:
        """A request for these events, which are all of one source. ``cells``: event -> what identifies its customer."""
        to = destination_of(self.account, self.login_account, self.actions[events[0].source])
        return orjson.dumps(
            {
                "destinations": [to],
                "events": [event_of(one, cells[one.event_id]) for one in events],
                "encoding": "HEX",
                "consent": CONSENT,
            }
        )


def connect(settings: Mapping[str, str]) -> Connection:
    account, login = accounts_of(settings)
    actions = {source: settings[setting] for source, setting in SOURCES.items()}
    return Connection(client_of(settings), settings["api_version"], account, login, actions)


def send(connection: Connection, events: Sequence[Event], remember: Remember) -> list[Outcome]:
    """Tell one batch and wait for what became of it. Who cannot be known by anything usable is not sent."""
    cells = {event.event_id: cells_of(event.contact) for event in events}
    left = [event for event in events if cells[event.event_id] or event.click_id]
    outcomes = dict.fromkeys((event.event_id for event in events), UNUSABLE)
    while left:
        try:
            body = connection.body(left, cells)
            answer = connection.client.call("POST", connection.path("events:ingest"), body=body).body
        except RowsRefused as refused:
            bad = {place: why for place, why in refused.rows.items() if place < len(left)}
            if not bad:
                raise
            for place, why in bad.items():
                outcomes[left[place].event_id] = Outcome("rejected", why, refused.request_id)
            left = [event for place, event in enumerate(left) if place not in bad]
            continue
        request_id = str(answer["requestId"])
        sent = [event.event_id for event in left]
        known = set(sent)
        missing = [str(place) for place, event in enumerate(events) if event.event_id not in known]
        remember(" ".join((request_id, *missing)))  # the request, and the places of those who were left out
        found = _settled(connection, request_id, sent)
        if found is None:
            raise BatchRefused(f"events of request {request_id} failed unnamed", request_id)
        outcomes |= found
        break
    return [outcomes[event.event_id] for event in events]


def resume(connection: Connection, job_id: str, event_ids: Sequence[str]) -> list[Outcome] | None:
    """The outcome of a request that was sent before a kill; None where it cannot be told event by event."""
    request_id, *missing = job_id.split()
    left_out = {event_ids[int(place)] for place in missing}
    try:
        found = _settled(connection, request_id, [one for one in event_ids if one not in left_out])
    except NotFound:
        return None
    refused = Outcome("rejected", "refused before the request", request_id, request_id)
    return None if found is None else [found.get(event_id, refused) for event_id in event_ids]


def event_of(event: Event, cells: Sequence[Cell]) -> dict[str, Any]:
    """The event as the API takes it; the value with all its digits."""
    found: dict[str, Any] = {
        "transactionId": event.event_id,
        "eventTimestamp": event.occurred_at.replace(tzinfo=UTC).isoformat(timespec="seconds"),
        "eventSource": EVENT_SOURCES[event.source],
        "conversionValue": orjson.Fragment(format(event.value, "f")),
        "currency": event.currency,
    }
    if cells:
        found["userData"] = user_of(cells)
    if event.click_id:
        found["adIdentifiers"] = {"gclid": event.click_id}
    if event.store_id:
        found["eventLocation"] = {"storeId": event.store_id}
    return found


def _settled(connection: Connection, request_id: str, sent: Sequence[str]) -> dict[str, Outcome] | None:
    """Event -> outcome once the request is processed; None where Google does not say which events failed."""
    status = dict(wait(connection, [request_id])[request_id])
    told = status.get("eventsIngestionStatus") or {}
    if "recordCount" in told and int(told["recordCount"]) != len(sent):
        raise DestinationError(
            f"Google counted {told['recordCount']} of the {len(sent)} events of request {request_id}"
        )
    counts = (status.get("errorInfo") or {}).get("errorCounts") or []
    failed = [one for one in counts if not str(one.get("reason") or "").endswith(KNOWN)]
    if len(failed) < len(counts):  # an event that Google knows has been told, and is no failure
        status["errorInfo"] = {"errorCounts": failed}
        status["requestStatus"] = "PARTIAL_SUCCESS" if failed else "SUCCESS"
    outcomes: dict[str, Outcome] = {}
    return None if settle(request_id, status, sent, outcomes) else outcomes
