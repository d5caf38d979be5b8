"""Shopify's customers: accounts with their e-mail, phone, address and consent, in versions.

Consent in the shop follows the e-mail tool for most accounts that are synced; for some it does not (the two tools
then disagree, which the warehouse has to settle). Some people have a second account with their second e-mail, until
the shop merges it into the first: its orders move, it is listed no more, and its id lives on in other tools.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Ints
from sandbox.brand.behaviour import Visits
from sandbox.brand.homes import Addresses, type_addresses
from sandbox.brand.people import People, phone_text, unique_phone_holders
from sandbox.brand.subscribers import Subscribers
from sandbox.brand.texts import digits, either, flat, masked, stamps, take
from sandbox.brand.typed_emails import Typed, make_unique, type_emails
from sandbox.brand.typed_names import Names, make_names
from sandbox.brand.versions import number_versions

TAGS = ((), ("vip",), ("wholesale-enquiry",), ("newsletter", "vip"))
TELLS_NEW_ADDRESS = 0.4
USES_SECOND = 0.6


@dataclass
class Accounts:
    """Two rows a person: row p the account, row ``count + p`` a second one; customer id -1 for what never is."""

    count: int
    customer_id: Ints
    created_at: Ints
    merged_at: Ints
    """When the first account took in this second one."""
    email: Typed
    phone: Ints
    has_phone: Bools
    names: Names
    address: Addresses
    """As typed when the account was opened."""
    subscribed_at: Ints
    unsubscribed_at: Ints
    sms_at: Ints
    sms_left_at: Ints

    def row(self, person: Ints, second: Bools) -> Ints:
        """The account that each person uses."""
        return np.where(second, person + self.count, person)

    def id_text(self, row: Ints) -> pa.Array:
        """Customer ids as text, null without."""
        found = self.customer_id[np.maximum(row, 0)]
        return either((row >= 0) & (found >= 0), digits(np.maximum(found, 0)), None)


def make_accounts(basis: Basis, people: People, subscribers: Subscribers) -> Accounts:
    """Give every person with an account its customer record."""
    rng = basis.rng("accounts")
    n = people.count
    main = np.arange(n)
    person = np.concatenate([main, main])
    second_at, merged_at = _second_accounts(basis, people)
    created = np.concatenate([people.account_at, second_at])
    owners = np.flatnonzero(created < basis.end)
    by_time = owners[np.lexsort((owners, created[owners]))]
    customer_id = np.full(2 * n, -1)
    customer_id[by_time] = 7_300_000_000_000 + np.cumsum(rng.integers(3_000, 80_000, len(by_time)))

    typed = type_emails(basis, rng, people.email)
    own = pa.concat_arrays([flat(people.email), flat(people.second_email)])
    text = pa.concat_arrays([flat(typed.text), flat(people.second_email)])
    kind = np.concatenate([typed.kind, np.zeros(n, dtype=np.int64)])
    email = make_unique(Typed(text, kind, np.arange(2 * n) >= n), own)
    wants_phone = (customer_id[:n] >= 0) & (rng.random(n) < np.where(people.household_phone, 0.9, 0.62))
    phone = people.phone_at(person, created)
    has_phone = unique_phone_holders(phone[:n], wants_phone & ~people.phone_shy, people.account_at)
    in_tool, left_tool = subscribers.subscribed_at[main], subscribers.unsubscribed_at[main]
    follows = rng.random(n) < 0.92
    own_choice = np.where(rng.random(n) < 0.45, people.account_at, NEVER)
    subscribed = np.where(subscribers.synced & follows, np.maximum(in_tool, people.account_at) + 30, own_choice)
    unsubscribed = np.where(follows & (rng.random(n) < 0.85), left_tool + 90, NEVER)
    sms = np.where(has_phone & (rng.random(n) < 0.35), people.account_at, NEVER)
    sms_left = np.where(rng.random(n) < 0.12, np.maximum(sms, 0) + rng.integers(DAY, basis.end, n), NEVER)
    never = np.full(n, NEVER)
    return Accounts(
        count=n,
        customer_id=customer_id,
        created_at=created,
        merged_at=np.concatenate([never, merged_at]),
        email=email,
        phone=phone,
        has_phone=np.concatenate([has_phone, np.zeros(n, dtype=bool)]),
        names=make_names(basis, rng, people, person),
        address=type_addresses(basis, rng, people.homes, people.home_at(person, created)),
        subscribed_at=np.concatenate([np.minimum(subscribed, NEVER), never]),
        unsubscribed_at=np.concatenate(
            [np.where(subscribed < NEVER, np.minimum(unsubscribed, NEVER), NEVER), never],
        ),
        sms_at=np.concatenate([sms, never]),
        sms_left_at=np.concatenate([np.where(sms < NEVER, sms_left, NEVER), never]),
    )


def _second_accounts(basis: Basis, people: People) -> tuple[Ints, Ints]:
    """When second accounts are opened and merged away, NEVER for most."""
    rng = basis.rng("second accounts")
    n = people.count
    wants = people.has_second & (people.account_at < 0) & (rng.random(n) < basis.share("merged_accounts"))
    merged = rng.integers(5 * DAY, basis.end - 2 * DAY, n)
    opened = np.maximum(people.account_at + DAY, merged - rng.integers(30 * DAY, 150 * DAY, n))
    return np.where(wants, opened, NEVER), np.where(wants, merged, NEVER)


def on_second_account(basis: Basis, accounts: Accounts, visits: Visits) -> Bools:
    """The visits in which people use their second account."""
    row = visits.person + accounts.count
    alive = (accounts.created_at[row] < visits.start) & (visits.start < accounts.merged_at[row] - DAY)
    return alive & (basis.rng("second account visits").random(len(visits)) < USES_SECOND)


def customer_table(basis: Basis, people: People, accounts: Accounts) -> dict[str, object]:
    """Table shopify_customers. A second account ends with a version that is deleted and names the first."""
    rng = basis.rng("customer versions")
    n = 2 * people.count
    every = np.flatnonzero(accounts.customer_id >= 0)
    person = np.arange(n) % people.count
    created = accounts.created_at
    # accounts older than the world were last touched in the weeks before it
    touched = np.maximum(created, -rng.integers(3_600, 50 * DAY, n))
    tells = rng.random(n) < TELLS_NEW_ADDRESS
    new_address_at = np.where(tells, people.moved_at[person] + rng.integers(DAY, 40 * DAY, n), NEVER)
    tagged_at = np.where(rng.random(n) < 0.05, rng.integers(0, basis.end, n), NEVER)
    tag = rng.integers(1, len(TAGS), n)

    def later(at: Ints) -> tuple[Ints, Ints]:
        return every, np.where((at > touched) & (at < accounts.merged_at), at, NEVER)[every]

    versions = number_versions(
        [
            (every, touched[every]),
            later(accounts.subscribed_at),
            later(accounts.unsubscribed_at),
            later(accounts.sms_left_at),
            later(new_address_at),
            later(tagged_at),
            (every, accounts.merged_at[every]),
        ],
        basis.end,
    )
    a, at = versions.thing, versions.at
    p = person[a]
    state = np.where(accounts.unsubscribed_at[a] <= at, 1, np.where(accounts.subscribed_at[a] <= at, 0, 2))
    state_at = np.choose(np.minimum(state, 2), [accounts.subscribed_at[a], accounts.unsubscribed_at[a], created[a]])
    sms = np.where(accounts.sms_left_at[a] <= at, 1, np.where(accounts.sms_at[a] <= at, 0, 2))
    sms_at = np.choose(sms, [accounts.sms_at[a], accounts.sms_left_at[a], np.full(len(a), NEVER)])
    knows_from = np.where(new_address_at[a] <= at, new_address_at[a], created[a])
    home = people.home_at(p, knows_from)
    told = home != people.home_at(p, created[a])
    states = ("SUBSCRIBED", "UNSUBSCRIBED", "NOT_SUBSCRIBED")
    rows = pa.array(a)
    deleted = accounts.merged_at[a] <= at
    return {
        "customer_id": accounts.customer_id[a],
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(np.where(versions.number == 1, created[a], at)),
        "created_at": stamps(created[a]),
        "first_name": accounts.names.first.take(rows),
        "last_name": accounts.names.last.take(rows),
        "email": accounts.email.text.take(rows),
        "phone": either(accounts.has_phone[a], phone_text(accounts.phone[a]), None),
        "email_state": take(states, state),
        "email_state_at": stamps(state_at),
        "sms_state": take(states, sms),
        "sms_state_at": stamps(sms_at),
        "account_state": take(("ENABLED", "DISABLED"), (rng.random(n) < 0.3).astype(np.int64)[a]),
        "verified_email": (rng.random(n) < 0.8)[a],
        "tags": pa.array(TAGS, pa.list_(pa.string())).take(pa.array(np.where(tagged_at[a] <= at, tag[a], 0))),
        "address1": either(told, people.homes.line(home), accounts.address.line.take(rows)),
        "city": people.homes.city_name(home),
        "province_code": people.homes.province(home),
        "country_code": take(["US"], np.zeros(len(a), np.int64)),
        "zip": people.homes.zip(home),
        "data_sale_opt_out": masked((rng.random(n) < 0.01)[a], np.ones(len(a), dtype=bool)),
        "is_deleted": deleted,
        "merged_into": masked(accounts.customer_id[p], deleted),
    }
