"""The CRM: whom the staff wrote down - guests of events, whose list was imported, and whom sales spoke to.

It knows a part of the people, whether they ever bought or not. Staff type as others do, and some a person a second
time, above all under another address. Once a year colleagues look for such and merge what they find; that is on the
day after the default now, so that the clock's first day shows it. They tidy up by archiving, and forget for good
whoever asks for it. Of all else in the world this part only reads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand.basis import DAY, NEVER, Bools, Ints
from sandbox.brand.homes import Addresses, type_addresses
from sandbox.brand.people import phone_text, ranks
from sandbox.brand.scenario_truth import person_ids
from sandbox.brand.shop import Shop, Table
from sandbox.brand.texts import digits, either, stamps, take
from sandbox.brand.typed_emails import KINDS, PLAIN, Typed, type_emails
from sandbox.brand.typed_names import Names, make_names
from sandbox.brand.versions import Versions, number_versions

KNOWN, TWICE, TWICE_WITH_SECOND = 0.22, 0.15, 0.9
FOUND, CLEAN_UP = 0.9, 365 * DAY
FIRST_ID = 60_000_000_000
"""Contacts that apps make meanwhile have smaller ids."""


@dataclass
class Crm:
    """One entry a contact, by contact_id; moments are NEVER for most."""

    shop: Shop
    contact_id: Ints
    person: Ints
    is_import: Bools
    names: Names
    email: Typed
    """Null without one."""
    phone: pa.Array
    is_mobile: Bools
    address: Addresses
    tells_home: Bools
    customer_id: pa.Array
    created_at: Ints
    noted_at: tuple[Ints, Ints]
    """Staff wrote a note: a change of nothing that anybody reads."""
    phone_at: Ints
    subscribed_at: Ints
    unsubscribed_at: Ints
    archived_at: Ints
    forgotten_at: Ints
    merged_at: Ints
    merged_into: Ints
    """Row of the contact that took its place, -1 for none."""

    def __len__(self) -> int:
        return len(self.contact_id)

    @property
    def rows(self) -> Ints:
        return np.arange(len(self))


def make_crm(shop: Shop) -> Crm:
    """Draw the contacts, in order of their making."""
    basis, people = shop.basis, shop.people
    rng = basis.rng("crm contacts")
    known = np.flatnonzero((rng.random(people.count) < KNOWN) & ~people.staff)
    again = known[rng.random(len(known)) < np.where(people.has_second[known], TWICE_WITH_SECOND, TWICE)]
    person, is_second = np.concatenate([known, again]), np.arange(len(known) + len(again)) >= len(known)
    n = len(person)
    created = rng.integers(np.where(is_second, -30 * DAY, -300 * DAY), basis.end - 10 * DAY)
    order = np.lexsort((person, created))
    person, is_second, created = person[order], is_second[order], created[order]

    is_import = (rng.random(n) < 0.5) & ~is_second
    email = _emails(shop, rng, person, is_second, is_import)
    has_email = email.text.is_valid().to_numpy(zero_copy_only=False)
    gives = (rng.random(n) < np.where(is_import, 0.35, 0.8)) | ~has_email
    number = people.phone_at(person, created)
    has_account = people.account_at[person] < created
    subscribes = has_email & (rng.random(n) < np.where(is_import, 0.45, 0.1))
    subscribed = np.where(subscribes, created, NEVER)
    leaves = has_email & (rng.random(n) < np.where(subscribes, 0.15, 0.04))
    later = rng.integers(DAY, 120 * DAY, (5, n))
    merged_at, merged_into = _merges(rng, person, created, basis.days * DAY)
    stays = merged_at == NEVER
    stays[merged_into[merged_into >= 0]] = False
    chance = rng.random(n)
    return Crm(
        shop=shop,
        contact_id=FIRST_ID + np.cumsum(rng.integers(1, 5_000, n)),
        person=person,
        is_import=is_import,
        names=make_names(basis, rng, people, person),
        email=email,
        phone=either(gives, phone_text(number, rng.integers(0, 4, n)), None),
        is_mobile=rng.random(n) < 0.3,
        address=type_addresses(basis, rng, people.homes, people.home_at(person, created)),
        tells_home=(rng.random(n) < 0.6) & ~is_import,
        customer_id=either(has_account & (rng.random(n) < 0.1), shop.accounts.id_text(person), None),
        created_at=created,
        noted_at=(created + later[0], rng.integers(np.maximum(created, 0) + 3_600, basis.end, n)),
        phone_at=np.where((rng.random(n) < 0.2) & has_email, created + later[1], created),
        subscribed_at=subscribed,
        unsubscribed_at=np.where(leaves, created + later[2], NEVER),
        archived_at=np.where(stays & (chance < 0.05), created + later[3], NEVER),
        forgotten_at=np.where(stays & (chance > 0.98), created + later[4], NEVER),
        merged_at=merged_at,
        merged_into=merged_into,
    )


def _emails(shop: Shop, rng: np.random.Generator, person: Ints, is_second: Bools, is_import: Bools) -> Typed:
    """Unique within the CRM, in lower case; who is typed a second time is so under another address, or without one."""
    people, rows = shop.people, pa.array(person)
    own = either(is_second, people.second_email.take(rows), people.email.take(rows))
    typed = type_emails(shop.basis, rng, own)
    text, kind = pc.utf8_lower(typed.text), typed.kind
    while np.any(twice := np.bincount(_codes(text))[_codes(text)] > 1):
        text, kind = either(twice, own, text), np.where(twice, PLAIN, kind)
    has = (is_import | (rng.random(len(person)) < 0.75)) & (~is_second | people.has_second[person])
    return Typed(either(has, text, None), np.where(has, kind, PLAIN), is_second)


def _codes(text: pa.Array) -> Ints:
    return pc.dictionary_encode(text).indices.to_numpy()


def _merges(rng: np.random.Generator, person: Ints, created: Ints, now: int) -> tuple[Ints, Ints]:
    """Most of those who stand there twice are merged into the older contact, at the next clean-up."""
    n, rank = len(person), ranks(digits(person))
    first = np.full(int(person.max(initial=0)) + 1, -1)
    first[person[rank == 0]] = np.flatnonzero(rank == 0)
    merges = (rank > 0) & (rng.random(n) < FOUND)
    clean_up = now - (now - created - DAY) // CLEAN_UP * CLEAN_UP + rng.integers(3_600, 8 * 3_600, n)
    return np.where(merges, clean_up, NEVER), np.where(merges, first[person], -1)


def crm_tables(crm: Crm) -> dict[str, Table]:
    """Table hubspot_contacts. Of a contact that was merged or forgotten the last version says that it is gone."""
    versions = _versions(crm)
    c, at = versions.thing, versions.at
    rows = pa.array(c)
    took, loser = _taken(crm, c, at)
    knows = crm.phone_at[c] <= at
    home = crm.tells_home[c]
    phone = either(knows, crm.phone.take(rows), None)
    mobile = crm.is_mobile[c]
    subscribed, unsubscribed = crm.subscribed_at[c], crm.unsubscribed_at[c]
    table: Table = {
        "contact_id": crm.contact_id[c],
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "created_at": stamps(crm.created_at[c]),
        "is_import": crm.is_import[c],
        "firstname": crm.names.first.take(rows),
        "lastname": crm.names.last.take(rows),
        "email": crm.email.text.take(rows),
        "phone": either(mobile, None, phone),
        "mobilephone": either(mobile, phone, None),
        "address": either(home, crm.address.line.take(rows), None),
        "city": either(home, crm.address.city.take(rows), None),
        "state": either(home, crm.address.province.take(rows), None),
        "zip": either(home, crm.address.zip.take(rows), None),
        "shop_customer_id": crm.customer_id.take(rows),
        "merged_ids": either(took, digits(crm.contact_id[loser]), None),
        "merged_email": either(took, crm.email.text.take(pa.array(loser)), None),
        "subscribed_at": stamps(np.where(subscribed <= at, subscribed, NEVER)),
        "unsubscribed_at": stamps(np.where(unsubscribed <= at, unsubscribed, NEVER)),
        "is_archived": crm.archived_at[c] <= at,
        "is_gone": (crm.forgotten_at[c] <= at) | (crm.merged_at[c] <= at),
    }
    return {"hubspot_contacts": table}


def _versions(crm: Crm) -> Versions:
    """What happens to a contact ends when it is archived, merged or forgotten."""
    last = np.minimum(np.minimum(crm.archived_at, crm.forgotten_at), crm.merged_at)

    def before(at: Ints) -> tuple[Ints, Ints]:
        return crm.rows, np.where(at <= last, at, NEVER)

    gone = crm.merged_into >= 0
    changes = [(crm.rows, crm.created_at), (crm.rows, last), (crm.merged_into[gone], crm.merged_at[gone])]
    moments = (*crm.noted_at, crm.phone_at, crm.unsubscribed_at)
    return number_versions([*changes, *map(before, moments)], crm.shop.basis.end)


def _taken(crm: Crm, contact: Ints, at: Ints) -> tuple[Bools, Ints]:
    """Whether another contact was merged into each by a moment, and the row of that one (0 if not)."""
    loser = np.full(len(crm), -1)
    gone = np.flatnonzero(crm.merged_into >= 0)
    loser[crm.merged_into[gone]] = gone
    found = np.maximum(loser[contact], 0)
    return (loser[contact] >= 0) & (crm.merged_at[found] <= at), found


def crm_owners(crm: Crm) -> Table:
    """Rows of ``record_owners``: every contact."""
    return {
        "source_system": take(["hubspot"], np.zeros(len(crm), np.int64)),
        "source_record_id": digits(crm.contact_id),
        "record_type": take(["contact"], np.zeros(len(crm), np.int64)),
        "person_id": person_ids(crm.person),
        "is_shared": np.zeros(len(crm), dtype=bool),
    }


def crm_emails(crm: Crm) -> Table:
    """Rows of ``record_emails``."""
    seen = np.flatnonzero(crm.email.text.is_valid().to_numpy(zero_copy_only=False))
    return {
        "source_system": take(["hubspot"], np.zeros(len(seen), np.int64)),
        "source_record_id": digits(crm.contact_id[seen]),
        "person_id": person_ids(crm.person[seen]),
        "email": crm.email.text.take(pa.array(seen)),
        "typed_as": take(KINDS, crm.email.kind[seen]),
        "is_second": crm.email.second[seen],
    }
