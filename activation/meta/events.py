"""Meta's Conversions API: orders and refunds as events of one dataset, the web shop's and the stores' alike.

Meta takes a request whole or not at all (one event that is too old refuses all of them), so the engine halves what was
refused; of what was taken it tells the count alone: ``accepted_unverified``. An event that has come before, from the
shop's pixel or from us, is known by its name and id for 48 hours and counts once.

Meta takes no purchase back. A refund is an event of its own, ``Refund`` with the order's id and a negative value: the
sum over both names is what the shop kept. E-mail, phone, name and place leave as hashes, our customer_id too; the click
id and the browser's name leave in clear, as Meta wants them. META_LIMITED_DATA_USE=LDU asks Meta to limit the use of
every event where a state's law has it so; only customers who agreed to advertising are told of at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

import orjson

import selvage
from activation.client import Client
from activation.conversion import Event, Kind, Source
from activation.destination import BatchTooLarge, DestinationError, Outcome, Remember
from activation.identifiers import country_code, prepare, sha256_hex
from activation.meta.graph import failure_of, pause_of

SETTINGS = {"dataset_id": selvage.REQUIRED, "limited_data_use": ""}
BATCH_SIZE = 1_000
LARGEST_BYTES = 1_000_000
MAX_AGE = timedelta(days=7)
KNOWN_FOR = timedelta(hours=48)
KINDS: tuple[Kind, ...] = ("purchase", "refund")
SOURCES: Mapping[Source, str] = {"website": "dataset_id", "app": "dataset_id", "store": "dataset_id"}
IDENTIFIERS = ("email", "phone", "fbclid")
CONTACT_FIELDS = ("given_name", "family_name", "city", "region_code", "postal_code", "country_code")

NAMES = {"purchase": "Purchase", "refund": "Refund"}
ACTION_SOURCES = {"website": "website", "app": "app", "store": "physical_store"}
KEYS = {
    "em": "email", "ph": "phone", "fn": "given_name", "ln": "family_name", "ct": "city", "st": "region_code",
    "zp": "postal_code", "country": "country_code",
}  # fmt: skip
LIMITED: Mapping[str, Mapping[str, Any]] = {
    "": {"data_processing_options": []},
    "LDU": {  # country and state 0: Meta finds out where the person is
        "data_processing_options": ["LDU"],
        "data_processing_options_country": 0,
        "data_processing_options_state": 0,
    },
}


@dataclass
class Connection:
    """A client, the path of the dataset's events, and what every event says about the use of its data."""

    client: Client
    path: str
    limited: Mapping[str, Any]


def connect(settings: Mapping[str, str]) -> Connection:
    if settings["limited_data_use"] not in LIMITED:
        raise DestinationError(f"META_LIMITED_DATA_USE is {settings['limited_data_use']!r}; it must be LDU or empty")
    headers = {"Authorization": f"Bearer {settings['access_token']}", "Content-Type": "application/json"}
    client = Client(settings["base_url"], headers, pause_of=pause_of, failure_of=failure_of)
    path = f"{settings['api_version']}/{settings['dataset_id']}/events"
    return Connection(client, path, LIMITED[settings["limited_data_use"]])


def send(connection: Connection, events: Sequence[Event], remember: Remember) -> list[Outcome]:  # noqa: ARG001
    """Tell one batch. An event whose customer Meta cannot know by anything usable is rejected and not sent."""
    users = {event.event_id: user_data(event) for event in events}
    usable = [event for event in events if users[event.event_id].keys() & {"em", "ph", "fbc"}]
    trace = None
    if usable:
        data = [{**event_of(event), "user_data": users[event.event_id], **connection.limited} for event in usable]
        body = orjson.dumps({"data": data})
        if len(body) > LARGEST_BYTES and len(usable) > 1:
            raise BatchTooLarge(f"{len(body)} bytes")
        answer = connection.client.call("POST", connection.path, body=body).body
        if int(answer.get("events_received") or 0) != len(usable):
            raise DestinationError(
                f"Meta counted {answer.get('events_received')} of the {len(usable)} events it was sent"
            )
        trace = str(answer.get("fbtrace_id") or "") or None
    told = {event.event_id: Outcome("accepted_unverified", request_id=trace) for event in usable}
    unusable = Outcome("rejected", "no usable e-mail, phone or click id")
    return [told.get(event.event_id, unusable) for event in events]


def resume(connection: Connection, job_id: str, event_ids: Sequence[str]) -> list[Outcome] | None:  # noqa: ARG001
    """Requests are answered at once, there are no jobs: what a killed run sent is sent again."""
    return None


def event_of(event: Event) -> dict[str, Any]:
    """The event without its customer. The value of a refund is negative, with all its digits."""
    value = -event.value if event.kind == "refund" else event.value
    found: dict[str, Any] = {
        "event_name": NAMES[event.kind],
        "event_id": event.event_id,
        "event_time": int(event.occurred_at.replace(tzinfo=UTC).timestamp()),
        "action_source": ACTION_SOURCES[event.source],
        "custom_data": {
            "value": orjson.Fragment(format(value, "f")),
            "currency": event.currency,
            "order_id": event.purchase_event_id,
        },
    }
    if event.source == "website" and event.page_host:
        found["event_source_url"] = f"https://{event.page_host}/"  # the rest of an address may tell who somebody is
    return found


def user_data(event: Event) -> dict[str, Any]:
    """What Meta may know the customer by; what is not known or not usable is left out, never hashed as nothing."""
    country = country_code(event.contact.country_code) if event.contact.country_code else None
    hashes = {key: prepare("meta", kind, getattr(event.contact, kind), country) for key, kind in KEYS.items()}
    found: dict[str, Any] = {key: [value] for key, value in hashes.items() if value}
    found["external_id"] = [sha256_hex(event.customer_id)]
    if event.click_id and event.clicked_at:
        clicked = int(event.clicked_at.replace(tzinfo=UTC).timestamp() * 1000)
        found["fbc"] = f"fb.1.{clicked}.{event.click_id}"
    if event.source == "website" and event.user_agent:
        found["client_user_agent"] = event.user_agent
    return found
