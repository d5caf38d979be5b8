"""What reaches the collector, and when: lost, late and repeated events, who is signed in, what identify calls say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.brand.basis import Basis, Ints
from sandbox.brand.messages import Profiles
from sandbox.brand.people import phone_text
from sandbox.brand.shop import Shop
from sandbox.brand.texts import either, flat, uniform, uuid
from sandbox.brand.timeline import COMPLETED, CONTACT, SIGN_IN, SIGN_UP

SECOND = 1_000_000


@dataclass
class Traits:
    """What identify calls say, as pools: sign-ins by account, sign-ups by profile, checkouts by contact row."""

    email: pa.Array
    phone: pa.Array
    first: pa.Array
    last: pa.Array
    sign_up_from: int
    contact_from: int


def make_traits(shop: Shop, profiles: Profiles) -> Traits:
    """Fill the pools of what identify calls say; household phones are told more often."""
    people, accounts = shop.people, shop.accounts
    n = people.count
    tells = shop.basis.rng("traits").random(n) < np.where(people.household_phone, 0.75, 0.25)
    tells &= ~people.phone_shy & (accounts.customer_id[:n] >= 0)
    tells = np.concatenate([tells, tells & False])
    nothing = pa.nulls(2 * n, pa.string())

    def pool(*parts: pa.Array | pa.ChunkedArray) -> pa.Array:
        return pa.concat_arrays([flat(part) for part in parts])

    return Traits(
        email=pool(accounts.email.text, profiles.email.text, shop.contacts.email.text),
        phone=pool(either(tells, phone_text(accounts.phone), None), nothing, shop.contacts.phone),
        first=pool(accounts.names.first, nothing, shop.contacts.names.first),
        last=pool(accounts.names.last, nothing, shop.contacts.names.last),
        sign_up_from=2 * n,
        contact_from=4 * n,
    )


def anonymous_ids(basis: Basis, devices: int) -> pa.Array:
    """The anonymous id of each browser, bots included."""
    return uuid(np.arange(devices), basis.salt("anonymous ids"))


def user_codes(shop: Shop, event: Ints) -> Ints:
    """The account whose id each event carries, -1 for none: from the sign-in on, and at the new account's order."""
    timeline, n = shop.timeline, shop.timeline.people_visits
    visit, kind = timeline.visit[event], timeline.kind[event]
    human = np.minimum(visit, n - 1)
    signed = shop.baskets.signed_in[human] & ~timeline.landing[event] | shop.baskets.stays_signed_in[human]
    order = shop.orders.of_visit[human]
    new_account = (kind == COMPLETED) & (order >= 0) & ~shop.orders.guest[order]
    return np.where((visit < n) & (signed | new_account), shop.account_of_visit(human), -1)


@dataclass
class Arrivals:
    """Which event arrives when, in the order of arrival; a repeated event comes twice."""

    event: Ints
    received: Ints
    delay: Ints


def make_arrivals(shop: Shop) -> Arrivals:
    """Drop what ad blockers keep back, delay some events, repeat some."""
    timeline, basis = shop.timeline, shop.basis
    n = timeline.people_visits
    seen = np.flatnonzero((timeline.visit >= n) | ~shop.baskets.lost[np.minimum(timeline.visit, n - 1)])
    late = uniform(seen, basis.salt("late"))
    delay = np.where(late < 0.01, (late * 100 * 172_800 * SECOND).astype(np.int64), 0)
    latency = 60_000 + (uniform(seen, basis.salt("latency")) * 800_000).astype(np.int64)
    twice = uniform(seen, basis.salt("twice"))
    again = np.flatnonzero(twice < 0.01)
    wait = SECOND + (twice[again] * 100 * 21_600 * SECOND).astype(np.int64)
    event = np.concatenate([seen, seen[again]])
    delay = np.concatenate([delay, delay[again] + wait])
    received = timeline.micros[event] + np.concatenate([latency, latency[again]]) + delay
    # milliseconds, as the collector writes them
    received = received // 1_000 * 1_000
    order = np.lexsort((event, received))
    return Arrivals(event[order], received[order], delay[order])


def trait_codes(shop: Shop, traits: Traits, event: Ints) -> Ints:
    """The row of the pools that an identify call carries, -1 for other events."""
    timeline, n = shop.timeline, shop.timeline.people_visits
    visit, kind = timeline.visit[event].astype(np.int64), timeline.kind[event]
    human = np.minimum(visit, n - 1)
    person = shop.visit_person[human]
    second = shop.joins_second[person]
    sign_up = traits.sign_up_from + person + np.where(second, shop.people.count, 0)
    contact = traits.contact_from + shop.contacts.row_of_visit[human]
    account = shop.account_of_visit(human)
    return np.select([kind == SIGN_IN, kind == SIGN_UP, kind == CONTACT], [account, sign_up, contact], -1)
