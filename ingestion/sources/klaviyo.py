"""Klaviyo: profiles with their consent, e-mail and SMS events, campaigns, lists, metrics.

Events are read by ``datetime`` in bounded windows, again from a day before the last reading on, because they arrive
late; older latecomers need a backfill. An event may lie in the future: it is landed, but the position stays at the
vendor's clock. Everything else is read by its update. A page may hold fewer rows than asked for; the next link decides.

A retired revision would be answered with another shape and status 200; the opt-out header makes that an error (410).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import dlt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from dlt.extract.resource import DltResource
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import BaseNextUrlPaginator
from requests import HTTPError, Response

import selvage
from ingestion import reading
from ingestion.http import ATTEMPTS, rest_client, server_now
from ingestion.position import Position
from ingestion.tables import Column, Line, Table, page_of
from ingestion.window import Window

DESCRIPTION = "E-mail and SMS marketing: profiles, consent, message events, campaigns and lists."
KINDS = {"klaviyo", "rest"}
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "api_key": selvage.REQUIRED,
    "revision": "2026-07-15",
    "start_date": "2026-01-01",
}
FRESHNESS = timedelta(hours=26)

VENDOR = "klaviyo"
LINES_PER_PAGE = 20_000
EVENT_WINDOW, LOOK_BACK, LAG = timedelta(days=7), timedelta(days=1), timedelta(minutes=5)
CHANNELS = ("email", "sms", "mobile_push")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Span:
    """What one reading asks for: from ``since`` on, ``until`` an end or open; ``now`` is the vendor's clock."""

    since: datetime
    until: datetime | None
    now: datetime


def _at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _updated(span: Span) -> list[str]:
    """Only greater-than is known here; what a second's margin lets through is dropped by the position."""
    return [f"greater-than(updated,{_at(span.since - timedelta(seconds=1))})"]


def _by_channel(span: Span) -> list[str]:
    """Up to revision 2026-07-15 campaigns are listed by channel only."""
    return [f'and(equals(messages.channel,"{one}"),greater-or-equal(updated_at,{_at(span.since)}))' for one in CHANNELS]


def _by_week(span: Span) -> list[str]:
    """A filter a week; without an end the last one is open, for events dated in the future."""
    found, since, until = [], span.since, span.until
    while since + EVENT_WINDOW < (until or span.now):
        found.append(f"and(greater-or-equal(datetime,{_at(since)}),less-than(datetime,{_at(since + EVENT_WINDOW)}))")
        since += EVENT_WINDOW
    last = f"greater-or-equal(datetime,{_at(since)})"
    return [*found, f"and({last},less-than(datetime,{_at(until + timedelta(seconds=1))}))" if until else last]


def _all(_span: Span) -> list[str]:
    return [""]


@dataclass(frozen=True)
class Feed:
    """One list of the API: its table, what is asked besides the filter, and the attribute that tells its last change.

    ``filters`` makes of a span one or more filters, each a series of pages of its own.
    """

    table: Table
    filters: Callable[[Span], list[str]]
    version: str
    parameters: dict[str, str]
    lag: timedelta = LAG


def _related(name: str) -> Column:
    return Column(f"{name}_id", path=f"relationships.{name}.data.id")


ID = Column("id", path="id")
NAME = Column("name", path="attributes.name")
CREATED = Column("created", "ts", "attributes.created")
UPDATED = Column("updated", "ts", "attributes.updated")
EMAIL = "attributes.subscriptions.email.marketing"
SMS = "attributes.subscriptions.sms.marketing"
PROPERTIES = "attributes.event_properties"
PERSON = ("email", "phone_number", "external_id", "first_name", "last_name")
PLACE = ("address1", "city", "region", "country", "zip")
TIMES = ("send_time", "scheduled_at", "created_at", "updated_at")

FEEDS = (
    Feed(
        Table(
            "profiles",
            "profile",
            (
                ID,
                *(Column(name, path=f"attributes.{name}") for name in PERSON),
                *(Column(name, path=f"attributes.location.{name}") for name in PLACE),
                CREATED,
                UPDATED,
                Column("last_event_date", "ts", "attributes.last_event_date"),
                Column("email_consent", "text", f"{EMAIL}.consent"),
                Column("email_consent_at", "ts", f"{EMAIL}.consent_timestamp|{EMAIL}.last_updated"),
                Column("email_can_receive", "bool", f"{EMAIL}.can_receive_email_marketing"),
                Column("email_suppressions", "json", f"{EMAIL}.suppression"),
                Column("sms_consent", path=f"{SMS}.consent"),
                Column("sms_consent_at", "ts", f"{SMS}.consent_timestamp|{SMS}.last_updated"),
                Column("properties", "json", "attributes.properties"),
            ),
            deduplicate_by=("updated", "desc"),
        ),
        _updated,
        "updated",
        {"page[size]": "100", "sort": "updated", "additional-fields[profile]": "subscriptions"},
    ),
    Feed(
        Table(
            "metrics",
            "metric",
            (ID, NAME, Column("integration_name", path="attributes.integration.name"), CREATED, UPDATED),
            deduplicate_by=("updated", "desc"),
        ),
        _all,
        "updated",
        {},
    ),
    Feed(
        Table(
            "events",
            "event",
            (
                ID,
                Column("uuid", path="attributes.uuid"),
                _related("metric"),
                _related("profile"),
                Column("datetime", "ts", "attributes.datetime"),
                Column("timestamp", "bigint", "attributes.timestamp"),
                Column("campaign_id", path="attribution.campaign.data.id"),
                Column("campaign_name", path=f"{PROPERTIES}.Campaign Name"),
                Column("message_id", path=f"{PROPERTIES}.$message"),
                Column("flow_id", path=f"attribution.flow.data.id|{PROPERTIES}.$flow"),
                Column("url", path=f"{PROPERTIES}.URL"),
                Column("event_properties", "json", PROPERTIES),
            ),
        ),
        _by_week,
        "datetime",
        {"page[size]": "1000", "sort": "datetime", "include": "attributions"},
        LOOK_BACK,
    ),
    Feed(
        Table(
            "campaigns",
            "campaign",
            (
                ID,
                NAME,
                Column("channel", path="channel"),
                Column("status", path="attributes.status"),
                Column("is_archived", "bool", "attributes.archived"),
                *(Column(name, "ts", f"attributes.{name}") for name in TIMES),
            ),
            deduplicate_by=("updated_at", "desc"),
        ),
        _by_channel,
        "updated_at",
        {"page[size]": "100", "sort": "updated_at"},
    ),
    Feed(
        Table(
            "lists",
            "list",
            (ID, NAME, Column("opt_in_process", path="attributes.opt_in_process"), CREATED, UPDATED),
            deduplicate_by=("updated", "desc"),
        ),
        _updated,
        "updated",
        {"page[size]": "10", "sort": "updated"},
    ),
)


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """One resource per raw table; with a window, the events that happened and the objects updated in it."""
    return [_resource(feed, window) for feed in FEEDS]


def _resource(feed: Feed, window: Window | None) -> DltResource:
    rows_of = feed.table.reader()

    @dlt.resource(name=feed.table.name, **feed.table.hints())
    def rows() -> Iterator[pa.Table]:
        for page in _read(feed, window):
            found = rows_of(page)
            if found is not None:
                if feed.table.name == "events":
                    reading.note_newest(VENDOR, pc.max(found["datetime"]).as_py())
                yield found

    return rows


def _read(feed: Feed, window: Window | None) -> Iterator[pa.Table]:
    """Pages of what is new of a feed since the last reading."""
    given = selvage.vendor(VENDOR, SETTINGS)
    client = rest_client(
        given["base_url"],
        {
            "Authorization": f"Klaviyo-API-Key {given['api_key']}",
            "revision": given["revision"],
            "X-Klaviyo-Revision-Fall-Forward-Opt-Out": "1",
            "Accept": "application/vnd.api+json",
        },
    )
    first = client.get("metrics")
    first.raise_for_status()
    now = server_now(first)
    reading.note_now(VENDOR, now)
    is_log = feed.version == "datetime"  # events may lie in the future, changes of objects do not
    position = Position(feed.table.name, feed.lag, now, window, is_open=is_log)
    since = position.since or datetime.fromisoformat(given["start_date"])
    lines, count = list[Line](), 0
    for text in feed.filters(Span(since, position.until if is_log else None, now)):
        for item in _items(client, feed, text):
            if position.is_new(item["id"], item["attributes"][feed.version]):
                lines.append((item["id"], None, 1, feed.table.kind, orjson.dumps(item).decode()))
                count += 1
            if len(lines) >= LINES_PER_PAGE:
                log.info("%s: %s %s read so far", VENDOR, f"{count:,}", feed.table.name)
                yield page_of(lines)
                lines = []
    if lines:
        yield page_of(lines)
    position.complete()
    log.info("%s: %s %s read", VENDOR, f"{count:,}", feed.table.name)


def _items(client: RESTClient, feed: Feed, text: str) -> Iterator[dict[str, Any]]:
    """The objects of all pages of one filter. A cursor that is no longer taken starts the pages anew."""
    parameters = {**feed.parameters, **({"filter": text} if text else {})}
    channel = next((one for one in CHANNELS if f'"{one}"' in text), None)
    for attempt in range(ATTEMPTS):
        try:
            for (document,) in client.paginate(
                feed.table.name, params=parameters, paginator=NextLink(), data_selector="$"
            ):
                attributions = _attributions(document)
                for item in document["data"]:
                    item["channel"], item["attribution"] = channel, attributions.get(item["id"])
                    yield item
            return
        except HTTPError as error:
            if attempt == ATTEMPTS - 1 or not _is_bad_cursor(error.response):
                raise
            log.info("%s: the cursor of %s is not valid any more, starting again", VENDOR, feed.table.name)


class NextLink(BaseNextUrlPaginator):
    """Follows ``links.next`` of the page as it was read; dlt's own would parse the page a second time."""

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:  # noqa: ARG002
        self._next_reference = data[0]["links"].get("next") if data else None


def _attributions(document: dict[str, Any]) -> dict[str, Any]:
    """Event id -> what it is attributed to: ``{campaign: {data: {id}}, flow: ...}``."""
    found = (one["relationships"] for one in document.get("included", ()) if one["type"] == "attribution")
    return {one["event"]["data"]["id"]: one for one in found}


def _is_bad_cursor(response: Response | None) -> bool:
    return response is not None and response.status_code == 400 and "cursor" in response.text.lower()
