"""What check-outs learn of who stands there: e-mail, phone, name and address, as typed there and then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.brand import words
from sandbox.brand.basis import Basis, Bools, Ints
from sandbox.brand.baskets import Baskets
from sandbox.brand.behaviour import Visits
from sandbox.brand.customers import Accounts
from sandbox.brand.homes import Addresses, type_addresses
from sandbox.brand.people import People, phone_text
from sandbox.brand.texts import either, take
from sandbox.brand.typed_emails import MASKED, PLAIN, Typed, masked_emails, type_emails
from sandbox.brand.typed_names import Names, make_names


@dataclass
class Contacts:
    """What a checkout learned, one row a visit that gave contact details."""

    visit: Ints
    row_of_visit: Ints
    email: Typed
    phone: pa.Array
    names: Names
    address: Addresses
    as_customer: Bools
    """The contact details are those of the shop account."""


def make_contacts(
    basis: Basis, people: People, visits: Visits, baskets: Baskets, accounts: Accounts, second_account: Bools
) -> Contacts:
    """Contact details of every checkout; of customers those of the account, ``second_account`` by visit."""
    rng = basis.rng("contacts")
    visit = np.flatnonzero(baskets.contact)
    person = visits.person[visit]
    n = len(visit)
    as_customer = baskets.signed_in[visit] | (visits.ordered[visit] & ~visits.guest[visit])
    second = people.has_second[person] & (rng.random(n) < 0.45)
    own = either(second, people.second_email.take(pa.array(person)), people.email.take(pa.array(person)))
    typed = type_emails(basis, rng, own, junk=basis.share("junk_emails"))
    staff = people.staff[person]
    text = either(staff, own, typed.text)
    masked = baskets.marketplace[visit]
    text = either(masked, masked_emails(basis, person), text)
    account = accounts.row(person, second_account[visit])
    text = either(as_customer, accounts.email.text.take(pa.array(account)), text)
    kind = np.select([as_customer, masked, staff], [accounts.email.kind[account], MASKED, PLAIN], typed.kind)

    gives = rng.random(n) < np.where(people.household_phone[person], 0.9, np.where(people.phone_shy[person], 0.1, 0.7))
    gives = np.where(as_customer, accounts.has_phone[account] & gives, gives & ~masked)
    style = np.where(as_customer, 0, rng.integers(0, 4, n))
    number = np.where(as_customer, accounts.phone[account], people.phone_at(person, visits.start[visit]))
    phone = either(gives, phone_text(number, style), None)
    junk = ~as_customer & ~masked & (rng.random(n) < basis.share("junk_phones"))
    phone = either(junk, take(words.JUNK_PHONES, rng.integers(0, len(words.JUNK_PHONES), n)), phone)
    row_of_visit = np.full(len(visits), -1)
    row_of_visit[visit] = np.arange(n)
    return Contacts(
        visit=visit,
        row_of_visit=row_of_visit,
        email=Typed(text, kind, np.where(as_customer, accounts.email.second[account], second & ~masked)),
        phone=phone,
        names=make_names(basis, rng, people, person),
        address=type_addresses(basis, rng, people.homes, people.home_at(person, visits.start[visit])),
        as_customer=as_customer,
    )
