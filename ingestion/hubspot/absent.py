"""Contacts that no search tells of: forgotten for good, or brought back from the archive.

HubSpot has no list of whom it deleted for good. But it says how many contacts there are: as long as that is the number
that is landed, nobody is missing; else, and only then, all ids are listed and compared. Contacts that our own app made
are left out on both sides, as the source does not land them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

import selvage
from ingestion.hubspot import api
from ingestion.hubspot.api import Account, Contact
from warehouse.lock import write_lock

LANDED = """
    select id from raw_hubspot.contacts
    where is_archived is not true and is_deleted is not true and made_by_id is distinct from $app
"""
MERGED = "select unnest(string_split(merged_ids, ';')) from raw_hubspot.contacts where merged_ids is not null"


@dataclass
class Known:
    """What one reading came to know: who is there, who is archived, who went into another."""

    app_id: str
    """Our own app's, empty if it is not known."""
    there: set[str] = field(default_factory=set)
    archived: set[str] = field(default_factory=set)
    merged: set[str] = field(default_factory=set)

    def note(self, contact: Contact) -> None:
        if contact.get("archived"):
            self.archived.add(str(contact["id"]))
        elif not self.is_ours(contact):
            self.there.add(str(contact["id"]))
        self.merged |= set(merged_into(contact))

    def is_ours(self, contact: Contact) -> bool:
        return bool(self.app_id) and contact["properties"].get("hs_object_source_id") == self.app_id


def absent(account: Account, known: Known) -> tuple[list[str], list[Contact]]:
    """The ids of those who are gone for good, and the contacts that are there and were not known to be.

    Who is not listed may have been merged a moment ago into a contact that the search does not tell of yet: the id then
    leads to that one.
    """
    landed = _landed(known.app_id)
    if landed is None:
        return [], []
    expected = (landed | known.there) - known.archived - known.merged
    there = api.total(account)
    if known.app_id:
        there -= api.total(account, api.made_by(known.app_id))
    if there == len(expected):
        return [], []
    ids = {str(one["id"]) for one in api.listed(account, only_ids=True) if not known.is_ours(one)}
    missing = sorted(expected - ids)
    found = [*api.by_ids(account, missing), *api.by_ids(account, sorted(ids - expected))]
    accounted = {key for one in found for key in (str(one["id"]), *merged_into(one))}
    return [key for key in missing if key not in accounted], found


def merged_into(contact: Contact) -> list[str]:
    """The ids of the contacts that went into this one."""
    return [key for key in (contact["properties"].get("hs_merged_object_ids") or "").split(";") if key]


def _landed(app_id: str) -> set[str] | None:
    """The contacts that the warehouse believes to be there; None before the first landing."""
    warehouse = selvage.settings().warehouse
    if not warehouse.exists():
        return None
    with write_lock("comparing with raw_hubspot"), duckdb.connect(str(warehouse)) as connection:
        if not connection.execute(
            "select 1 from duckdb_tables() where schema_name = 'raw_hubspot' and table_name = 'contacts'"
        ).fetchall():
            return None
        merged = {key for (key,) in connection.execute(MERGED).fetchall()}
        return {key for (key,) in connection.execute(LANDED, {"app": app_id}).fetchall()} - merged
