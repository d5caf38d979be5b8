"""Who the tills think is buying: directory customers, loyalty names, phones, nameless card profiles, or nobody.

A person is one of four kinds at the counter and mostly stays so. Some end up with two profiles, one by phone and one by
e-mail; the platform then merges a part of these: a new profile appears, the two old ones go, and orders keep the id
that they were sold under. A card sale without a customer often makes an instant profile, which belongs to the card.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.brand import words
from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Ints
from sandbox.brand.homes import Addresses, type_addresses
from sandbox.brand.people import People, phone_text
from sandbox.brand.store_orders import SALE, UNLINKED, StoreOrders
from sandbox.brand.stores import spread
from sandbox.brand.texts import either, take
from sandbox.brand.typed_emails import TILL, Typed, type_emails
from sandbox.brand.typed_names import FULL, Names, make_names, type_birth_dates

DIRECTORY, NAME, PHONE, INSTANT, MERGED, NOBODY = range(6)
SOURCES = ("DIRECTORY", "LOYALTY", "LOYALTY", "INSTANT_PROFILE", "MERGE")
DIRECTORY_SHARE, PHONE_SHARE = 0.40, 0.12
BY_EMAIL = 0.35
"""Of the till contacts, those that are the shop's e-mail and not its phone."""
TELLS_HOME, TELLS_BIRTH_DATE = 0.45, 0.45
SAYS_SO = 0.86
TWICE = 0.125
"""Of the profiles that might be made twice, those that are and stay so."""


@dataclass
class StoreCustomers:
    """One entry a profile; then per order the profile it names and the address its receipt went to."""

    kind: Ints
    person: Ints
    created_at: Ints
    deleted_at: Ints
    merged_into: Ints
    """The profile that took its place, -1 for none."""
    shared: Bools
    email: Typed
    phone: pa.Array
    number: Ints
    """The phone behind ``phone``, which a loyalty account belongs to."""
    names: Names
    address: Addresses
    tells_home: Bools
    """Told the whole address; store cards know its postcode alone."""
    birth_date: pa.Array
    birth_date_wrong: Bools
    email_at: Ints
    """When the till learned the e-mail; NEVER without one."""
    phone_at: Ints
    unsubscribed_at: Ints
    of_order: Ints
    """Profile of each order, -1 without."""
    receipt: Typed

    def __len__(self) -> int:
        return len(self.kind)


@dataclass
class _Rows:
    """Profiles by how they came about: first ones, second ones of a twin, cards, merged ones."""

    first: Ints
    twin: Ints
    card: Ints
    merged: Ints
    merged_at: Ints
    of_sale: Ints


def make_store_customers(basis: Basis, people: People, orders: StoreOrders, card: Ints) -> StoreCustomers:
    """Give each order its profile, and each profile what it knows."""
    rng = basis.rng("store customers")
    way = spread(rng, people.count, (DIRECTORY_SHARE, basis.share("store_cards"), PHONE_SHARE))
    way[way == INSTANT] = NOBODY
    rows = _make_rows(basis, rng, orders, card, way)
    member = np.concatenate([rows.first, rows.twin])
    person = np.concatenate([member, np.full(len(rows.card), -1), rows.merged])
    counts = (len(rows.first), len(rows.twin), len(rows.card), len(rows.merged))
    kind = np.concatenate([way[member], np.full(counts[2], INSTANT), np.full(counts[3], MERGED)])
    n = len(kind)

    # what a profile is made by: its first sale, seconds before; or it is older than the world
    order = np.flatnonzero(rows.of_sale >= 0)
    by_time = order[np.lexsort((orders.created_at[order], rows.of_sale[order]))]
    named, at_first = np.unique(rows.of_sale[by_time], return_index=True)
    created = np.full(n, NEVER)
    created[named] = orders.created_at[by_time[at_first]] - 20
    person[named] = np.where(person[named] < 0, orders.person[by_time[at_first]], person[named])
    buyers = np.unique(np.stack([rows.of_sale[order], orders.person[order]]), axis=1)[0]
    shared = np.bincount(buyers, minlength=n) > 1
    old = (np.arange(n) < counts[0]) & (rng.random(n) < 0.3)
    created = np.where(old, -rng.integers(10 * DAY, 600 * DAY, n), created)
    created[n - counts[3] :] = rows.merged_at

    twin_first = np.searchsorted(rows.first, rows.twin)
    merged_first = np.searchsorted(rows.first, rows.merged)
    merged_twin = counts[0] + np.searchsorted(rows.twin, rows.merged)
    into = np.full(n, -1)
    deleted = np.full(n, NEVER)
    for part in (merged_first, merged_twin):
        into[part] = n - counts[3] + np.arange(counts[3])
        deleted[part] = rows.merged_at

    email_at, phone_at = _learnt(rng, kind, created, twin_first, counts[0] + np.arange(counts[1]))
    merged = np.arange(n - counts[3], n)
    email_at[merged] = phone_at[merged] = rows.merged_at

    source = np.arange(n)
    source[merged] = merged_twin
    from_phone = np.arange(n)
    from_phone[merged] = merged_first
    number = people.phone_at(person, created)
    email, phone = _contacts(basis, rng, people, person, kind, number)
    names = make_names(basis, rng, people, person)
    address = type_addresses(basis, rng, people.homes, people.home_at(person, created))
    tells_home = (kind == DIRECTORY) & (rng.random(n) < TELLS_HOME)
    born, wrong = type_birth_dates(basis, rng, people, person)
    tells_birth = rng.random(n) < np.select([kind == DIRECTORY, kind == PHONE], [TELLS_BIRTH_DATE, 0.1], 0.0)
    nameless = np.isin(kind, (PHONE, INSTANT))
    leaves = np.where(rng.random(n) < 0.1, np.maximum(email_at, 0) + rng.integers(DAY, 60 * DAY, n), NEVER)
    leaves[merged] = NEVER
    return StoreCustomers(
        kind=kind,
        person=person,
        created_at=created,
        deleted_at=deleted,
        merged_into=into,
        shared=shared,
        email=_pick(email, source, email_at < NEVER),
        phone=either(phone_at < NEVER, phone.take(pa.array(from_phone)), None),
        number=number[from_phone],
        names=Names(
            either(nameless, None, names.first.take(pa.array(source))),
            either(nameless, None, names.last.take(pa.array(source))),
            np.where(nameless, FULL, names.kind[source]),
        ),
        address=address.take(source),
        tells_home=tells_home[source],
        birth_date=either(tells_birth[source], born.take(pa.array(source)), None),
        birth_date_wrong=(tells_birth & wrong)[source],
        email_at=email_at,
        phone_at=phone_at,
        unsubscribed_at=np.where(email_at < NEVER, np.minimum(leaves, NEVER), NEVER),
        of_order=_of_order(orders, rows.of_sale, deleted, into),
        receipt=_receipts(basis, rng, people, orders, rows.of_sale, card),
    )


def _contacts(
    basis: Basis, rng: np.random.Generator, people: People, person: Ints, kind: Ints, number: Ints
) -> tuple[Typed, pa.Array]:
    """What would be typed as the e-mail and the phone of each profile, by its owner or by the cashier."""
    n = len(kind)
    email = _emails(basis, rng, people, person, 0.25, 0.0)
    phone = phone_text(number, rng.integers(0, 4, n))
    junk = (kind != MERGED) & (rng.random(n) < 0.43 * basis.share("junk_phones"))
    phone = either(junk, take(words.JUNK_PHONES, rng.integers(0, len(words.JUNK_PHONES), n)), phone)
    at_till = np.flatnonzero(kind == DIRECTORY)
    by_cashier = np.zeros(n, dtype=bool)
    by_cashier[at_till] = spread(rng, len(at_till), (basis.share("till_contacts"),)) == 0
    is_email = rng.random(n) < BY_EMAIL
    shops = by_cashier & is_email
    text = either(shops, words.TILL_EMAIL, email.text)
    phone = either(by_cashier & ~is_email, words.TILL_PHONE, phone)
    return Typed(text, np.where(shops, TILL, email.kind), email.second & ~shops), phone


def _learnt(rng: np.random.Generator, kind: Ints, created: Ints, by_phone: Ints, by_email: Ints) -> tuple[Ints, Ints]:
    """When each profile got its e-mail and its phone. Some that know one of them learn the other later."""
    n = len(kind)
    has_email = (kind == DIRECTORY) & (rng.random(n) < 0.75)
    has_phone = (kind == PHONE) | ((kind == DIRECTORY) & ((rng.random(n) < 0.55) | ~has_email))
    has_email[by_phone], has_phone[by_phone] = False, True
    has_email[by_email], has_phone[by_email] = True, False
    learns = (kind == DIRECTORY) & (has_email != has_phone) & (rng.random(n) < 0.2)
    learns[by_phone] = learns[by_email] = False
    later = np.where(learns, np.maximum(created, 0) + rng.integers(5 * DAY, 50 * DAY, n), NEVER)
    return np.where(has_email, created, later), np.where(has_phone, created, later)


def _make_rows(basis: Basis, rng: np.random.Generator, orders: StoreOrders, card: Ints, way: Ints) -> _Rows:
    n, sale = len(orders), orders.kind == SALE
    says = sale & (way[orders.person] != NOBODY) & (rng.random(n) < SAYS_SO)
    order = np.flatnonzero(says)
    order = order[np.lexsort((order, orders.created_at[order], orders.person[order]))]
    buyer = orders.person[order]
    rank = np.arange(len(order)) - np.searchsorted(buyer, buyer)
    first = np.unique(buyer)
    again = buyer[(rank == 1) & (way[buyer] == DIRECTORY)]
    lot = (rng.permutation(len(again)) + 0.5) / max(len(again), 1)
    merged_share = basis.share("merged_profiles")
    twin, merges = again[lot < merged_share + TWICE], again[lot < merged_share]
    second_at = np.full(len(way), NEVER)
    second_at[buyer[rank == 1]] = orders.created_at[order[rank == 1]]
    merge_at = np.full(len(way), NEVER)
    merge_at[merges] = second_at[merges] + rng.integers(3 * DAY, 15 * DAY, len(merges))
    merged = merges[merge_at[merges] < basis.end]

    instant = (rng.random(2 * len(way)) < 0.65)[np.maximum(card, 0)]
    nameless = np.flatnonzero(sale & ~says & (card >= 0) & instant)
    cards = np.unique(card[nameless])
    of_sale = np.full(n, -1)
    of_sale[order] = np.searchsorted(first, buyer)
    is_twin = (rank > 0) & np.isin(buyer, twin)
    of_sale[order[is_twin]] = len(first) + np.searchsorted(twin, buyer[is_twin])
    late = is_twin & (orders.created_at[order] >= merge_at[buyer])
    of_sale[order[late]] = len(first) + len(twin) + len(cards) + np.searchsorted(merged, buyer[late])
    of_sale[nameless] = len(first) + len(twin) + np.searchsorted(cards, card[nameless])
    return _Rows(first, twin, cards, merged, merge_at[merged], of_sale)


def _of_order(orders: StoreOrders, of_sale: Ints, deleted: Ints, into: Ints) -> Ints:
    """A return names the profile of its sale, or the one that has taken its place by then."""
    found = np.where(orders.source >= 0, of_sale[np.maximum(orders.source, 0)], of_sale)
    found = np.where(orders.kind == UNLINKED, -1, found)
    if not len(deleted):
        return found
    gone = (found >= 0) & (orders.kind != SALE) & (deleted[found] <= orders.created_at)
    return np.where(gone, into[found], found)


def _receipts(
    basis: Basis, rng: np.random.Generator, people: People, orders: StoreOrders, of_sale: Ints, card: Ints
) -> Typed:
    """Addresses that buyers type for a receipt by e-mail, null where none was typed."""
    n = len(orders)
    wants = rng.random(n) < np.where(of_sale < 0, 0.35, 0.12)
    return _pick(
        _emails(basis, rng, people, orders.person, 0.3, 0.1 * basis.share("junk_emails")),
        np.arange(n),
        (orders.kind == SALE) & (card >= 0) & ~orders.offline & wants,
    )


def _emails(
    basis: Basis, rng: np.random.Generator, people: People, person: Ints, second_share: float, junk: float
) -> Typed:
    second = people.has_second[person] & (rng.random(len(person)) < second_share)
    rows = pa.array(person)
    own = either(second, people.second_email.take(rows), people.email.take(rows))
    typed = type_emails(basis, rng, own, junk=junk)
    return Typed(typed.text, typed.kind, second)


def _pick(typed: Typed, rows: Ints, there: Bools) -> Typed:
    return Typed(either(there, typed.text.take(pa.array(rows)), None), typed.kind[rows], typed.second[rows])
