"""TikTok's Events API: orders and refunds as events of the web shop's pixel, of the app, or of the stores' event set.

A call is taken whole or not at all, and its answer names no rows: what was refused is sent again in halves by the
engine, what was taken is ``accepted_unverified``. An event that has come before to the same place, from the shop's
pixel or from us, is known by its name and id for 48 hours and counts once; so the name must be the pixel's
(TIKTOK_PURCHASE_EVENT: older pixels say CompletePayment).

TikTok takes no purchase back and has no standard event for it. A refund is an event of the shop's own, ``Refund`` with
a negative value, which counts as no purchase: the sum over both names is what the shop kept. E-mail, phone and our
customer_id leave as hashes. There is no field for consent: only customers who agreed to advertising are told of, and
TIKTOK_LIMITED_DATA_USE=yes asks TikTok to limit the use of every event.

How old an event may be is told for those of stores alone, by others than TikTok: 28 days, also its longest credit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

import orjson

from activation.conversion import Event, Kind, Source
from activation.destination import DestinationError, Outcome, Remember
from activation.identifiers import prepare, sha256_hex
from activation.tiktok.api import Client, failure_of, phone_rule

SETTINGS: Mapping[str, str | None] = {
    "pixel_code": "",
    "app_id": "",
    "offline_event_set_id": "",
    "purchase_event": "Purchase",
    "limited_data_use": "no",
}
BATCH_SIZE = 1_000
MAX_AGE = timedelta(days=28)
KNOWN_FOR = timedelta(hours=48)
KINDS: tuple[Kind, ...] = ("purchase", "refund")
SOURCES: Mapping[Source, str] = {"website": "pixel_code", "app": "app_id", "store": "offline_event_set_id"}
IDENTIFIERS = ("email", "phone", "ttclid")
CONTACT_FIELDS: tuple[str, ...] = ()

EVENT_SOURCES = {"website": "web", "app": "app", "store": "offline"}
YES_OR_NO = {"yes": True, "no": False}


@dataclass
class Connection:
    """A client, where events of each source go, and how they are told."""

    client: Client
    path: str
    places: Mapping[Source, str]
    names: Mapping[Kind, str]
    phone_rule: str
    is_limited: bool


def connect(settings: Mapping[str, str]) -> Connection:
    if settings["limited_data_use"] not in YES_OR_NO:
        raise DestinationError(f"TIKTOK_LIMITED_DATA_USE is {settings['limited_data_use']!r}; it must be yes or no")
    headers = {"Access-Token": settings["access_token"], "Content-Type": "application/json"}
    return Connection(
        client=Client(settings["base_url"], headers, pause_of=lambda _headers: 0.0, failure_of=failure_of),
        path=f"{settings['api_version']}/event/track/",
        places={source: settings[setting] for source, setting in SOURCES.items()},
        names={"purchase": settings["purchase_event"], "refund": "Refund"},
        phone_rule=phone_rule(settings),
        is_limited=YES_OR_NO[settings["limited_data_use"]],
    )


def send(connection: Connection, events: Sequence[Event], remember: Remember) -> list[Outcome]:  # noqa: ARG001
    """Tell one batch. An event whose customer TikTok cannot know by anything usable is rejected and not sent."""
    users = {event.event_id: user_of(connection, event) for event in events}
    usable = [event for event in events if users[event.event_id].keys() & {"email", "phone", "ttclid"}]
    request_id = None
    if usable:
        body = {
            "event_source": EVENT_SOURCES[usable[0].source],
            "event_source_id": connection.places[usable[0].source],
            "data": [{**event_of(connection, event), "user": users[event.event_id]} for event in usable],
        }
        request_id = connection.client.call("POST", connection.path, body=orjson.dumps(body)).request_id
    told = {event.event_id: Outcome("accepted_unverified", request_id=request_id) for event in usable}
    unusable = Outcome("rejected", "no usable e-mail, phone or click id")
    return [told.get(event.event_id, unusable) for event in events]


def resume(connection: Connection, job_id: str, event_ids: Sequence[str]) -> list[Outcome] | None:  # noqa: ARG001
    """Calls are answered at once, there are no jobs: what a killed run sent is sent again."""
    return None


def event_of(connection: Connection, event: Event) -> dict[str, Any]:
    """The event without its customer. The value of a refund is negative, with all its digits."""
    value = -event.value if event.kind == "refund" else event.value
    found: dict[str, Any] = {
        "event": connection.names[event.kind],
        "event_id": event.event_id,
        "event_time": int(event.occurred_at.replace(tzinfo=UTC).timestamp()),
        "properties": {
            "value": orjson.Fragment(format(value, "f")),
            "currency": event.currency,
            "order_id": event.purchase_event_id,
        },
        "limited_data_use": connection.is_limited,
    }
    if event.source == "website" and event.page_host:
        found["page"] = {"url": f"https://{event.page_host}/"}  # the rest of an address may tell who somebody is
    return found


def user_of(connection: Connection, event: Event) -> dict[str, str]:
    """What TikTok may know the customer by; what is not known or not usable is left out, never hashed as nothing."""
    found = {
        "email": prepare("tiktok", "email", event.contact.email),
        "phone": prepare("tiktok", connection.phone_rule, event.contact.phone),
        "external_id": sha256_hex(event.customer_id),
        "ttclid": event.click_id,
        "user_agent": event.user_agent if event.source == "website" else None,
    }
    return {name: value for name, value in found.items() if value}
