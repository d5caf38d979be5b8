"""What people type: e-mails with other case, plus tags, typos and junk; phones in several styles; names.

``Typed`` e-mails keep how each came about, which is part of the truth. Shop customers and profiles of the e-mail tool
have unique e-mails within their vendor; where a typo would take somebody else's address, the person gets it right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand import words
from sandbox.brand.basis import NEVER, Basis, Bools, Ints
from sandbox.brand.baskets import Baskets
from sandbox.brand.behaviour import Visits
from sandbox.brand.people import People, phone_text, ranks
from sandbox.brand.texts import either, join, matrix, take, unmatrix

PLAIN, OTHER_CASE, PLUS_TAG, TYPO, JUNK = range(5)
KINDS = ("plain", "other_case", "plus_tag", "typo", "junk")
SHARES = (0.775, 0.135, 0.05, 0.04)
GUEST_JUNK = 0.1
PLUS_TAGS = ("+shop", "+news", "+promo")


@dataclass
class Typed:
    """E-mails as typed, how they differ from the person's own, and whether it is the second address."""

    text: pa.Array
    kind: Ints
    second: Bools


@dataclass
class Names:
    """First and last names as typed."""

    first: pa.Array
    last: pa.Array


@dataclass
class Contacts:
    """What a checkout learned, one row a visit that gave contact details."""

    visit: Ints
    row_of_visit: Ints
    email: Typed
    phone: pa.Array
    names: Names
    as_customer: Bools
    """The contact details are those of the shop account."""


def type_emails(rng: np.random.Generator, own: pa.Array, junk: float = 0.0) -> Typed:
    """Type each address once, with the usual accidents."""
    n = len(own)
    kind = rng.choice(4, size=n, p=SHARES)
    kind[rng.random(n) < junk] = JUNK
    local, domain = _split(own)
    plus = join(local, take(PLUS_TAGS, rng.integers(0, len(PLUS_TAGS), n)), "@", domain)
    text = either(kind == PLUS_TAG, plus, own)
    text = either(kind == TYPO, _typo(rng, local, domain), text)
    shouting = rng.random(n) < 0.3
    text = either(kind == OTHER_CASE, either(shouting, pc.utf8_upper(own), _titled(local, domain)), text)
    text = either(kind == JUNK, take(words.JUNK_EMAILS, rng.integers(0, len(words.JUNK_EMAILS), n)), text)
    return Typed(text, kind, np.zeros(n, dtype=bool))


def make_unique(typed: Typed, own: pa.Array) -> Typed:
    """Without two rows of one address, whatever their case: whoever collides types the own one, plainly."""
    lower = pc.utf8_lower(typed.text)
    codes = pc.dictionary_encode(lower).indices.to_numpy()
    twice = np.bincount(codes)[codes] > 1
    text = either(twice, own, typed.text)
    if np.any(ranks(pc.utf8_lower(text)) > 0):
        raise AssertionError("two people share one e-mail address within a vendor")
    return Typed(text, np.where(twice, PLAIN, typed.kind), typed.second)


def _split(address: pa.Array) -> tuple[pa.Array, pa.Array]:
    parts = pc.split_pattern(address, "@")
    return pc.list_element(parts, 0), pc.list_element(parts, 1)


def _titled(local: pa.Array, domain: pa.Array) -> pa.Array:
    return join(pc.utf8_capitalize(local), "@", pc.utf8_capitalize(domain))


def _typo(rng: np.random.Generator, local: pa.Array, domain: pa.Array) -> pa.Array:
    """A character left out or two exchanged in the name, or a slip in the domain."""
    n = len(local)
    letters, length = matrix(local)
    width = letters.shape[1]
    place = 1 + (rng.random(n) * (length - 2)).astype(np.int64)
    rows = np.arange(n)
    swapped = letters.copy()
    after = np.minimum(place + 1, length - 1)
    swapped[rows, place], swapped[rows, after] = letters[rows, after], letters[rows, place]
    shift = np.arange(width)[None, :] + (np.arange(width)[None, :] >= place[:, None])
    dropped = np.take_along_axis(letters, np.minimum(shift, width - 1), axis=1)
    slip = rng.integers(0, 4, n)
    unchanged = letters[rows, place] == letters[rows, after]
    slip = np.where((slip == 1) & unchanged, 0, slip)
    name = either(slip == 1, unmatrix(swapped, length), unmatrix(dropped, length - 1))
    name = either(slip == 3, local, name)
    slipped = domain
    for right, wrong in ((".com", ".con"), (".org", ".ogr"), (".net", ".nett")):  # top-level domains that don't exist
        slipped = pc.replace_substring_regex(slipped, f"\\{right}$", wrong)
    return join(name, "@", either(slip == 3, slipped, domain))


def make_names(rng: np.random.Generator, people: People, person: Ints) -> Names:
    """Names as typed: a few in lower case, a few with the initial only."""
    given, family = take(words.GIVEN, people.given[person]), take(words.FAMILY, people.family[person])
    chance = rng.random(len(person))
    first = either(chance < 0.05, pc.utf8_lower(given), given)
    first = either(chance > 0.98, join(pc.utf8_slice_codeunits(given, 0, 1), "."), first)
    return Names(first, either(chance < 0.05, pc.utf8_lower(family), family))


def unique_phone_holders(people: People, wants: Bools, preference: Ints) -> Bools:
    """Who holds the phone within a vendor: of those who share one number, the one with the lowest preference."""
    rows = np.flatnonzero(wants)
    order = rows[np.lexsort((preference[rows], people.phone[rows]))]
    first = np.concatenate([[True], people.phone[order][1:] != people.phone[order][:-1]])
    holds = np.zeros(people.count, dtype=bool)
    holds[order[first]] = True
    return holds


def make_contacts(
    basis: Basis, people: People, visits: Visits, baskets: Baskets, account: Typed, account_phone: Bools
) -> Contacts:
    """Contact details of every checkout. ``account`` and ``account_phone``: those of each person's shop account."""
    rng = basis.rng("contacts")
    visit = np.flatnonzero(baskets.contact)
    person = visits.person[visit]
    n = len(visit)
    as_customer = baskets.signed_in[visit] | (visits.ordered[visit] & ~visits.guest[visit])
    second = people.has_second[person] & (rng.random(n) < 0.45)
    own = either(second, people.second_email.take(pa.array(person)), people.email.take(pa.array(person)))
    typed = type_emails(rng, own, junk=GUEST_JUNK)
    staff = people.staff[person]
    text = either(staff, own, typed.text)
    text = either(as_customer, account.text.take(pa.array(person)), text)
    kind = np.where(as_customer, account.kind[person], np.where(staff, PLAIN, typed.kind))

    gives = rng.random(n) < np.where(people.household_phone[person], 0.9, np.where(people.phone_shy[person], 0.1, 0.7))
    gives = np.where(as_customer, account_phone[person] & gives, gives)
    style = np.where(as_customer, 0, rng.integers(0, 4, n))
    phone = either(gives, phone_text(people.phone[person], style), None)
    junk = ~as_customer & (rng.random(n) < 0.035)
    phone = either(junk, take(words.JUNK_PHONES, rng.integers(0, len(words.JUNK_PHONES), n)), phone)
    row_of_visit = np.full(len(visits), -1)
    row_of_visit[visit] = np.arange(n)
    return Contacts(
        visit=visit,
        row_of_visit=row_of_visit,
        email=Typed(text, kind, second & ~as_customer),
        phone=phone,
        names=make_names(rng, people, person),
        as_customer=as_customer,
    )


def has_account(people: People, basis: Basis) -> Bools:
    """Who is a shop customer at any time of the world."""
    return people.account_at < min(basis.end, int(NEVER))
