"""Shopify's customers: accounts with their e-mail, phone, address and consent, in versions.

Consent in the shop follows the e-mail tool for most accounts that are synced; for some it does not (the two tools
then disagree, which the warehouse has to settle).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.brand import words
from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Ints
from sandbox.brand.contacts import Names, Typed, make_names, make_unique, type_emails, unique_phone_holders
from sandbox.brand.people import People, phone_text
from sandbox.brand.subscribers import Subscribers
from sandbox.brand.texts import either, masked, stamps, take
from sandbox.brand.versions import number_versions

TAGS = ((), ("vip",), ("wholesale-enquiry",), ("newsletter", "vip"))


@dataclass
class Accounts:
    """Per person: customer id (-1 without an account), e-mail as typed at the account, phone, names, consent times."""

    customer_id: Ints
    email: Typed
    has_phone: Bools
    names: Names
    subscribed_at: Ints
    unsubscribed_at: Ints
    sms_at: Ints
    sms_left_at: Ints


def make_accounts(basis: Basis, people: People, subscribers: Subscribers) -> Accounts:
    """Give every person with an account its customer record."""
    rng = basis.rng("accounts")
    n = people.count
    owns = people.account_at < basis.end
    owners = np.flatnonzero(owns)
    by_time = owners[np.lexsort((owners, people.account_at[owners]))]
    customer_id = np.full(n, -1)
    customer_id[by_time] = 7_300_000_000_000 + np.cumsum(rng.integers(3_000, 80_000, len(by_time)))

    email = make_unique(type_emails(rng, people.email), people.email)
    wants_phone = owns & (rng.random(n) < np.where(people.household_phone, 0.9, 0.62)) & ~people.phone_shy
    main = np.arange(n)
    in_tool = subscribers.subscribed_at[main]
    left_tool = subscribers.unsubscribed_at[main]
    follows = rng.random(n) < 0.92
    own_choice = np.where(rng.random(n) < 0.45, people.account_at, NEVER)
    subscribed = np.where(subscribers.synced & follows, np.maximum(in_tool, people.account_at) + 30, own_choice)
    unsubscribed = np.where(follows & (rng.random(n) < 0.85), left_tool + 90, NEVER)
    has_phone = unique_phone_holders(people, wants_phone, people.account_at)
    sms = np.where(has_phone & (rng.random(n) < 0.35), people.account_at, NEVER)
    sms_left = np.where(rng.random(n) < 0.12, np.maximum(sms, 0) + rng.integers(DAY, basis.end, n), NEVER)
    return Accounts(
        customer_id=customer_id,
        email=email,
        has_phone=has_phone,
        names=make_names(rng, people, main),
        subscribed_at=np.minimum(subscribed, NEVER),
        unsubscribed_at=np.where(subscribed < NEVER, np.minimum(unsubscribed, NEVER), NEVER),
        sms_at=sms,
        sms_left_at=np.where(sms < NEVER, sms_left, NEVER),
    )


def customer_table(basis: Basis, people: People, accounts: Accounts) -> dict[str, object]:
    """Table shopify_customers."""
    rng = basis.rng("customer versions")
    n = people.count
    person = np.flatnonzero(accounts.customer_id >= 0)
    created = people.account_at
    # accounts older than the world were last touched in the weeks before it
    touched = np.maximum(created, -rng.integers(3_600, 50 * DAY, n))
    moved_at = np.where(rng.random(n) < 0.03, rng.integers(0, basis.end, n), NEVER)
    tagged_at = np.where(rng.random(n) < 0.05, rng.integers(0, basis.end, n), NEVER)
    tag = rng.integers(1, len(TAGS), n)

    def later(at: Ints) -> tuple[Ints, Ints]:
        return person, np.where(at > touched, at, NEVER)[person]

    versions = number_versions(
        [
            (person, touched[person]),
            later(accounts.subscribed_at),
            later(accounts.unsubscribed_at),
            later(accounts.sms_left_at),
            later(moved_at),
            later(tagged_at),
        ],
        basis.end,
    )
    p, at = versions.thing, versions.at
    state = np.where(accounts.unsubscribed_at[p] <= at, 1, np.where(accounts.subscribed_at[p] <= at, 0, 2))
    state_at = np.choose(np.minimum(state, 2), [accounts.subscribed_at[p], accounts.unsubscribed_at[p], created[p]])
    sms = np.where(accounts.sms_left_at[p] <= at, 1, np.where(accounts.sms_at[p] <= at, 0, 2))
    sms_at = np.choose(sms, [accounts.sms_at[p], accounts.sms_left_at[p], np.full(len(p), NEVER)])
    moved = moved_at[p] <= at
    old_city, new_city = people.city[p], (people.city[p] + 11) % len(words.CITIES)
    city = np.where(moved, new_city, old_city)
    states = ("SUBSCRIBED", "UNSUBSCRIBED", "NOT_SUBSCRIBED")
    people_rows = pa.array(p)
    new_zip = pa.compute.binary_join_element_wise(take([c[2] for c in words.CITIES], new_city), "07", "")
    return {
        "customer_id": accounts.customer_id[p],
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(np.where(versions.number == 1, created[p], at)),
        "created_at": stamps(created[p]),
        "first_name": accounts.names.first.take(people_rows),
        "last_name": accounts.names.last.take(people_rows),
        "email": accounts.email.text.take(people_rows),
        "phone": either(accounts.has_phone[p], phone_text(people.phone[p]), None),
        "email_state": take(states, state),
        "email_state_at": stamps(state_at),
        "sms_state": take(states, sms),
        "sms_state_at": stamps(sms_at),
        "account_state": take(("ENABLED", "DISABLED"), (rng.random(n) < 0.3).astype(np.int64)[p]),
        "verified_email": (rng.random(n) < 0.8)[p],
        "tags": pa.array(TAGS, pa.list_(pa.string())).take(pa.array(np.where(tagged_at[p] <= at, tag[p], 0))),
        "address1": either(moved, "12 Harbor Street", people.address.take(people_rows)),
        "city": take([c[0] for c in words.CITIES], city),
        "province_code": take([c[1] for c in words.CITIES], city),
        "country_code": take(["US"], np.zeros(len(p), np.int64)),
        "zip": either(moved, new_zip, people.zip.take(people_rows)),
        "data_sale_opt_out": masked((rng.random(n) < 0.01)[p], np.ones(len(p), dtype=bool)),
    }
