"""HubSpot: the CRM's contacts, and what they agreed to by e-mail.

The first reading lists all contacts; later ones search for what changed since a little before the last reading, as the
search's index lags. Whoever is archived is in no search: that list is short and read each time. Whoever is forgotten
for good is in none: such a contact is missed by number (``ingestion.hubspot.absent``), its row is emptied, and the run
says so. A contact that was merged into another vanishes too; the other one names its id.

What a sync writes comes back only as a later time of change, which is no news. A contact that a sync made is an echo:
as long as nobody wrote anything else into it, it is not landed, if HUBSPOT_APP_ID says which app is ours.

What an address agreed to is asked for with its contact: a consent moves the contact's properties too.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import chain, islice
from typing import Any

import dlt
import orjson
import pyarrow as pa
from dlt.extract.resource import DltResource

import selvage
from ingestion import reading
from ingestion.hubspot import api, connect
from ingestion.hubspot.absent import Known, absent
from ingestion.hubspot.api import Account, Contact
from ingestion.hubspot.tables import CONTACTS, PROPERTIES, SUBSCRIPTIONS, TABLES
from ingestion.news import news
from ingestion.position import Position, utc
from ingestion.tables import Line, ReadBy, Table, page_of
from ingestion.window import Window

DESCRIPTION = "The CRM: contacts that staff wrote down, merged and archived ones among them, and what they agreed to."
KINDS = {"hubspot", "rest"}
VERSION = selvage.ApiVersion("2026-09", date(2028, 3, 9))  # a version is served for 18 months at least
SETTINGS = {
    "base_url": selvage.REQUIRED,
    "access_token": selvage.REQUIRED,
    "api_version": VERSION.name,
    "customer_id_property": "",
    "app_id": "",
}
FRESHNESS = None  # a small shop's staff may write nobody down for weeks
LAG = timedelta(minutes=15)
NOT_READ = {
    "companies, deals, tickets, notes, activities": "no mart asks for them; orders are read where they are placed",
    "a consent that moved nothing of its contact": "it is found when the contact changes; opting out changes it",
    "SMS and WhatsApp subscriptions": "their addresses are phones, which may be several people's",
    "contacts that our own syncs made": "they tell what we told; once somebody adds to one, it is read",
}
READ_BY = {CONTACTS.name: ReadBy("updated_at", LAG), SUBSCRIPTIONS.name: ReadBy(of=CONTACTS.name)}

VENDOR = "hubspot"
CONTACTS_PER_PAGE = 5_000
OF_NOBODY = ("email", "hs_object_source", "hs_object_source_id", "createdate", "lastmodifieddate")
"""Properties that a contact has which nobody has touched since an app made it."""
SCOPES, probe, count = connect.SCOPES, connect.probe, connect.count
log = logging.getLogger(__name__)


@dlt.source(name=VENDOR)
def source(window: Window | None = None) -> Any:
    """One resource per raw table, which share one reading. With a window, the contacts that changed in it."""

    @dlt.resource(name="contacts_read", selected=False)
    def objects() -> Iterator[pa.Table]:
        yield from _read(window)

    return [_rows(table, objects) for table in TABLES]


def _rows(table: Table, objects: DltResource) -> DltResource:
    rows_of = table.reader()

    @dlt.transformer(data_from=objects, name=table.name, **table.hints())
    def rows(page: pa.Table) -> pa.Table | None:
        return rows_of(page)

    return rows


def _read(window: Window | None) -> Iterator[pa.Table]:
    """Pages of what is new since the last reading."""
    given = selvage.vendor(VENDOR, SETTINGS)
    account = api.account_of(given)
    types, now = api.purposes(account)
    reading.note_now(VENDOR, now)
    if types is None:
        reading.note(VENDOR, "the token may not ask what contacts agreed to (403): only opt-outs are read")
    position, known, total = Position("contacts", LAG, now, window, is_open=False), Known(given["app_id"]), 0
    living = api.listed(account) if position.since is None else api.changed(account, position.since, position.until)
    found = _new(position, known, chain(living, api.listed(account, archived=True)))
    while some := list(islice(found, CONTACTS_PER_PAGE)):
        lines = list(_lines(account, given, types, some))
        total += len(lines)
        yield news(position, VENDOR, TABLES, page_of(lines))
    if position.goes_on:
        gone, back = absent(account, known)
        returned = [{**one, "version": now.isoformat()} for one in back if utc(_version(one)) < now]
        lines = [*_lines(account, given, types, returned), *(_gone(key, now) for key in gone)]
        if gone:
            text = f"{len(gone)} contacts were deleted for good at HubSpot and are emptied here"
            reading.note(VENDOR, f"{text}; who asked to be forgotten must be forgotten in the other systems too")
        total += len(lines)
        yield news(position, VENDOR, TABLES, page_of(lines))
    position.complete()
    log.info("%s: %s contacts read", VENDOR, f"{total:,}")


def _new(position: Position, known: Known, contacts: Iterable[Contact]) -> Iterator[Contact]:
    for contact in contacts:
        known.note(contact)
        version = _version(contact)
        if position.is_new(str(contact["id"]), version):
            reading.note_newest(VENDOR, utc(version))
            yield {**contact, "version": version}


def _version(contact: Contact) -> str:
    """Being archived does not move a contact's own time of change."""
    return str(contact.get("archivedAt") or contact["properties"]["lastmodifieddate"])


def _lines(
    account: Account, given: Mapping[str, str], types: Mapping[str, str] | None, contacts: Iterable[Contact]
) -> Iterator[Line]:
    """Each contact with what its address agreed to; echoes are left out."""
    contacts = list(contacts)
    emails = {_email(one) for one in contacts if not one.get("archived")} - {""}
    said = {} if types is None else api.statuses(account, sorted(emails))
    for contact in contacts:
        told = [
            {**one, "purpose": (types or {}).get(str(one["subscriptionId"]), "")}
            for one in said.get(_email(contact), ())
        ]
        if not _is_echo(contact, given["app_id"], told):
            shop_id = contact["properties"].get(given["customer_id_property"])
            document = {**contact, "shop_customer_id": shop_id, "subscriptions": told}
            yield str(contact["id"]), None, 1, CONTACTS.kind, orjson.dumps(document).decode()


def _gone(key: str, now: datetime) -> Line:
    """A row without any of the person's values."""
    document = {"id": key, "deleted": True, "version": now.isoformat()}
    return key, None, 1, CONTACTS.kind, orjson.dumps(document).decode()


def _is_echo(contact: Contact, app_id: str, told: Iterable[Contact]) -> bool:
    properties = contact["properties"]
    if not app_id or properties.get("hs_object_source_id") != app_id:
        return False
    values = (properties.get(name) for name in PROPERTIES if name not in OF_NOBODY)
    return not any(value not in (None, "", "false") for value in values) and not any(
        one["status"] != "NOT_SPECIFIED" for one in told
    )


def _email(contact: Contact) -> str:
    return str(contact["properties"].get("email") or "").lower()
