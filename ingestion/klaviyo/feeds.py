"""Klaviyo's lists: the raw table of each, how it is filtered by time, and which attribute tells a row's last change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingestion.tables import Column, Table

EVENT_WINDOW, LOOK_BACK, LAG = timedelta(days=7), timedelta(days=1), timedelta(minutes=5)
CHANNELS = ("email", "sms", "mobile_push")


@dataclass(frozen=True)
class Span:
    """What one reading asks for: from ``since`` on, ``until`` an end or open; ``now`` is the vendor's clock."""

    since: datetime
    until: datetime | None
    now: datetime


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _updated(span: Span) -> list[str]:
    """Only greater-than is known here; what a second's margin lets through is dropped by the position."""
    return [f"greater-than(updated,{iso(span.since - timedelta(seconds=1))})"]


def _by_channel(span: Span) -> list[str]:
    """Up to revision 2026-07-15 campaigns are listed by channel only."""
    return [f'and(equals(messages.channel,"{one}"),greater-or-equal(updated_at,{iso(span.since)}))' for one in CHANNELS]


def _by_week(span: Span) -> list[str]:
    """A filter a week; without an end the last one is open, for events dated in the future."""
    found, since, until = [], span.since, span.until
    while since + EVENT_WINDOW < (until or span.now):
        found.append(f"and(greater-or-equal(datetime,{iso(since)}),less-than(datetime,{iso(since + EVENT_WINDOW)}))")
        since += EVENT_WINDOW
    last = f"greater-or-equal(datetime,{iso(since)})"
    return [*found, f"and({last},less-than(datetime,{iso(until + timedelta(seconds=1))}))" if until else last]


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
PUSH = "attributes.subscriptions.mobile_push.marketing"
PROPERTIES = "attributes.event_properties"
OTHERS = (  # without the properties that activation wrote
    "map_from_entries(list_filter(map_entries(cast(cast({text} as json) as map(varchar, json))), "
    "lambda entry: not starts_with(entry.key, 'selvage_')))"
)
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
                Column("push_consent", path=f"{PUSH}.consent"),
                Column("push_consent_at", "ts", f"{PUSH}.consent_timestamp"),
                Column("properties", "json", "attributes.properties", f"to_json({OTHERS})"),
            ),
            deduplicate_by=("updated", "desc"),
            not_news=("updated", "last_event_date"),
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
            not_news=("updated",),
        ),
        _updated,
        "updated",
        {"page[size]": "10", "sort": "updated"},
    ),
)
