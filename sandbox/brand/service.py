"""Who asks the shop for help, about which order, through which channel, and how it ends: tickets, messages, ratings.

Orders that go wrong make most contacts, orders under way some, a few are about nothing that was bought. Who gets no
good answer soon comes again through another channel. A ticket is answered, perhaps asked back, solved, sometimes
opened again, closed four days later by the help desk itself, and rated by some.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.brand.aftersales import FINE
from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Ints
from sandbox.brand.service_users import CHAT, EMAIL, VOICE, WEB, Users, make_users
from sandbox.brand.shop import Shop
from sandbox.brand.store_orders import SALE
from sandbox.brand.store_world import Stores

WISMO, TROUBLE, STORE, QUESTION = range(4)
REASONS = ("wismo", "return_refund", "store", "question")
CHANNEL_SHARES = {EMAIL: 0.44, WEB: 0.20, CHAT: 0.20, VOICE: 0.16}
REPLY_HOURS = {EMAIL: 6.0, WEB: 7.0, CHAT: 0.07, VOICE: 0.03}
AGENTS = 6
CLOSES_AFTER = 4 * DAY
SLOW = 12 * 3_600


@dataclass
class Tickets:
    """One entry a ticket, by time; moments that never come are NEVER. Replies, notes and questions are messages."""

    ticket_id: Ints
    person: Ints
    order: Ints
    """The online order it is about, -1 for none."""
    reason: Ints
    channel: Ints
    contact: Ints
    """0 for the first contact about a matter, 1 and 2 for those after it."""
    user: Ints
    agent: Ints
    created_at: Ints
    noted_at: Ints
    replied_at: Ints
    asked_at: Ints
    answered_at: Ints
    solved_at: Ints
    reopened_at: Ints
    last_reply_at: Ints
    solved_again_at: Ints
    closed_at: Ints
    deleted_at: Ints
    offered_at: Ints
    rated_at: Ints
    is_good: Bools
    has_comment: Bools

    def __len__(self) -> int:
        return len(self.ticket_id)

    @property
    def end_at(self) -> Ints:
        """When it was solved for good."""
        return np.where(self.solved_again_at < NEVER, self.solved_again_at, self.solved_at)


@dataclass
class Service:
    """The help desk of the world."""

    basis: Basis
    shop: Shop
    tickets: Tickets
    users: Users


@dataclass
class _Contacts:
    person: Ints
    order: Ints
    reason: Ints
    at: Ints
    contact: Ints


def make_service(shop: Shop, stores: Stores) -> Service:
    """Draw the contacts and what becomes of them; orders are only read."""
    basis = shop.basis
    rng = basis.rng("service")
    contacts = _contacts(rng, shop, stores)
    channel = _channels(rng, contacts)
    users, user = make_users(shop, contacts.person, channel, contacts.at)
    return Service(basis, shop, _tickets(rng, contacts, channel, user), users)


def _contacts(rng: np.random.Generator, shop: Shop, stores: Stores) -> _Contacts:
    """Every contact by time: the first ones, and those that follow where the first did not help."""
    orders, after, end = shop.orders, shop.after, shop.basis.end
    n = len(orders)
    on_its_way = ~orders.test & (after.delivered_at < NEVER) & (rng.random(n) < 0.15)
    under_way = np.flatnonzero(on_its_way)
    took = after.delivered_at - orders.created_at
    asked = orders.created_at + DAY // 2 + (rng.random(n) * np.maximum(took, DAY)).astype(np.int64)

    refunded = np.full(n, NEVER)
    np.minimum.at(refunded, after.refund_order, after.refund_at)
    goes_wrong = ~orders.test & (after.trouble != FINE) & (refunded < NEVER) & (rng.random(n) < 0.6)
    wrong = np.flatnonzero(goes_wrong)
    complained = np.maximum(orders.created_at + 120, refunded - (rng.random(n) * DAY).astype(np.int64))

    sales = np.flatnonzero((stores.orders.kind == SALE) & (rng.random(len(stores.orders)) < 0.02))
    people = shop.people
    curious = np.flatnonzero((rng.random(people.count) < 0.06) & ~people.staff)
    parts = [
        (orders.person[under_way], under_way, WISMO, asked[under_way]),
        (orders.person[wrong], wrong, TROUBLE, complained[wrong]),
        (stores.orders.person[sales], np.full(len(sales), -1), STORE,
         stores.orders.created_at[sales] + rng.integers(3_600, 5 * DAY, len(sales))),
        (curious, np.full(len(curious), -1), QUESTION, rng.integers(0, end, len(curious))),
    ]  # fmt: skip
    person, order, at = (np.concatenate([part[column] for part in parts]) for column in (0, 1, 3))
    reason = np.concatenate([np.full(len(part[0]), part[2]) for part in parts])
    contact = np.zeros(len(at), dtype=np.int64)
    rows, share = np.arange(len(at)), 0.28
    for number in (1, 2):
        rows = rows[rng.random(len(rows)) < share]
        share = 0.2
        person, order, reason = (np.concatenate([one, one[rows]]) for one in (person, order, reason))
        at = np.concatenate([at, at[rows] + rng.integers(8 * 3_600, 3 * DAY, len(rows))])
        contact = np.concatenate([contact, np.full(len(rows), number)])
        rows = np.arange(len(at) - len(rows), len(at))
    by_time = np.lexsort((person, order, at))
    by_time = by_time[at[by_time] < end]
    return _Contacts(person[by_time], order[by_time], reason[by_time], at[by_time], contact[by_time])


def _channels(rng: np.random.Generator, contacts: _Contacts) -> Ints:
    """A first contact's channel by its share; who comes again takes another one than most would."""
    first = rng.choice(list(CHANNEL_SHARES), size=len(contacts.at), p=list(CHANNEL_SHARES.values()))
    again = rng.choice([VOICE, CHAT, EMAIL], size=len(contacts.at), p=[0.5, 0.3, 0.2])
    return np.where(contacts.contact > 0, again, first)


def _tickets(rng: np.random.Generator, contacts: _Contacts, channel: Ints, user: Ints) -> Tickets:
    n = len(contacts.at)
    scale = np.array([REPLY_HOURS[one] for one in sorted(REPLY_HOURS)])[channel] * 3_600

    def wait(shape: float = 1.3) -> Ints:
        return (rng.gamma(shape, 1.0, n) * scale).astype(np.int64) + 20

    def some(share: float, at: Ints) -> Ints:
        return np.where((rng.random(n) < share) & (at < NEVER), at, NEVER)

    created = contacts.at
    first_wait = wait()
    replied = some(0.98, created + first_wait)
    noted = some(0.22, np.where(replied < NEVER, created + first_wait // 2, NEVER))
    asked = some(0.42, replied + wait() + 60)
    answered = np.where(asked < NEVER, asked + wait() + 60, NEVER)
    solved = np.where(replied < NEVER, np.where(asked < NEVER, answered, replied) + rng.integers(30, 600, n), NEVER)
    reopened = some(0.09, solved + rng.integers(3_600, 3 * DAY, n))
    last_reply = np.where(reopened < NEVER, reopened + wait() + 60, NEVER)
    again = np.where(last_reply < NEVER, last_reply + rng.integers(30, 600, n), NEVER)
    end = np.where(again < NEVER, again, solved)
    # spam and doubles: an agent deletes them before anything else becomes of them
    deleted = some(0.015, created + rng.integers(1_200, 3_000, n))
    gone = deleted < NEVER
    offered = some(0.7, np.where(gone, NEVER, end + DAY))
    rated = some(0.33, offered + (rng.gamma(1.0, 20 * 3_600, n)).astype(np.int64) + 300)
    likes = 0.93 - 0.3 * (first_wait > SLOW) - 0.25 * (reopened < NEVER) - 0.1 * (contacts.contact > 0)

    def unless_gone(at: Ints) -> Ints:
        return np.where(gone & (at >= deleted), NEVER, at)

    return Tickets(
        ticket_id=80_000 + np.cumsum(rng.integers(1, 4, n)),
        person=contacts.person,
        order=contacts.order,
        reason=contacts.reason,
        channel=channel,
        contact=contacts.contact,
        user=user,
        agent=rng.integers(0, AGENTS, n),
        created_at=created,
        noted_at=unless_gone(noted),
        replied_at=unless_gone(replied),
        asked_at=unless_gone(asked),
        answered_at=unless_gone(answered),
        solved_at=unless_gone(solved),
        reopened_at=unless_gone(reopened),
        last_reply_at=unless_gone(last_reply),
        solved_again_at=unless_gone(again),
        closed_at=np.where(gone | (end >= NEVER), NEVER, end + CLOSES_AFTER),
        deleted_at=deleted,
        offered_at=offered,
        rated_at=rated,
        is_good=rng.random(n) < likes,
        has_comment=rng.random(n) < 0.3,
    )
