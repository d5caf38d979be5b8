"""The points programme: members, and every point that was earned, taken back, spent, given by hand or let go.

A dollar of an order earns a point, pending for two weeks. What is cancelled or sent back before loses its pending
points, after that the approved ones. Who has enough spends them on a later order; who does nothing for long loses the
rest. Members are shop accounts, guests by their e-mail, and second members of people with a second address, of which
the programme finds out some and links them to the account.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Ints
from sandbox.brand.orders import sum_by
from sandbox.brand.shop import Shop
from sandbox.brand.texts import either
from sandbox.brand.typed_emails import PLAIN, Typed
from sandbox.brand.typed_names import type_birth_dates

ACCOUNT, GUEST, SECOND = range(3)
ACTIVITY, ADJUSTMENT, REWARD, EXPIRY = range(4)
RESOURCES = ("activity", "adjustment", "claimed_reward", "expiry")
PURCHASE, SIGNUP = range(2)
APPROVED_AFTER, IDLE_UNTIL_EXPIRY = 14 * DAY, 120 * DAY
SIGNUP_POINTS, REWARD_POINTS, GIFT_POINTS = 50, 300, 100


@dataclass
class Members:
    """One entry a member, by the time it enrolled."""

    member_id: Ints
    kind: Ints
    person: Ints
    email: Typed
    enrolled_at: Ints
    linked_at: Ints
    """When the programme linked a second member to the person's account, NEVER for most."""
    birth_date: pa.Array
    blocked_at: Ints

    def __len__(self) -> int:
        return len(self.member_id)


@dataclass
class Ledger:
    """One entry a movement, by member and time. ``order`` is an order of the shop, -1 for none."""

    member: Ints
    at: Ints
    resource: Ints
    rule: Ints
    order: Ints
    approved: Ints
    pending: Ints

    def __len__(self) -> int:
        return len(self.member)

    def take(self, rows: Ints | Bools) -> Ledger:
        return Ledger(**{name: values[rows] for name, values in vars(self).items()})


@dataclass
class Loyalty:
    """The programme of the world."""

    basis: Basis
    shop: Shop
    members: Members
    ledger: Ledger


def make_loyalty(shop: Shop) -> Loyalty:
    """Draw who joins; the points follow from the orders."""
    rng = shop.basis.rng("loyalty")
    members = _members(rng, shop)
    return Loyalty(shop.basis, shop, members, _ledger(rng, shop, members))


def _members(rng: np.random.Generator, shop: Shop) -> Members:
    people, orders, end, n = shop.people, shop.orders, shop.basis.end, shop.people.count
    accounts = shop.accounts
    has_account = (accounts.customer_id[:n] >= 0) & ~people.staff
    joins = np.flatnonzero(has_account & (rng.random(n) < 0.5))
    since = (people.account_at * rng.random(n)).astype(np.int64)  # some join long after they opened the account
    joined_at = np.where(people.account_at < 0, since, people.account_at + 60)

    by_guest = np.flatnonzero(orders.guest & ~orders.test)
    guests, first = np.unique(orders.person[by_guest], return_index=True)
    chosen = (accounts.customer_id[guests] < 0) & (rng.random(len(guests)) < 0.25)
    guests, first = guests[chosen], by_guest[first[chosen]]
    seconds = joins[people.has_second[joins] & (rng.random(len(joins)) < 0.25)]

    person = np.concatenate([joins, guests, seconds])
    kind = np.repeat([ACCOUNT, GUEST, SECOND], [len(joins), len(guests), len(seconds)])
    m = len(person)
    enrolled = np.concatenate(
        [joined_at[joins], orders.created_at[first] - 1, rng.integers(-60 * DAY, end, len(seconds))]
    )
    email = pa.concat_arrays(
        [
            accounts.email.text.take(pa.array(joins)),
            shop.contacts.email.text.take(pa.array(shop.contacts.row_of_visit[orders.visit[first]])),
            people.second_email.take(pa.array(seconds)),
        ]
    )
    typed = np.concatenate(
        [
            accounts.email.kind[joins],
            shop.contacts.email.kind[shop.contacts.row_of_visit[orders.visit[first]]],
            np.full(len(seconds), PLAIN),
        ]
    )
    links = (kind == SECOND) & (rng.random(m) < 0.6)
    by_time = np.lexsort((person, kind, enrolled))
    by_time = by_time[enrolled[by_time] < end]
    linked = np.where(links, np.maximum(enrolled, 0) + rng.integers(2 * DAY, 40 * DAY, m), NEVER)
    blocked = np.where(rng.random(m) < 0.012, np.maximum(enrolled, 0) + rng.integers(DAY, 60 * DAY, m), NEVER)
    return Members(
        member_id=9_000 + np.cumsum(rng.integers(1, 9, len(by_time))),
        kind=kind[by_time],
        person=person[by_time],
        email=Typed(email.take(pa.array(by_time)), typed[by_time], (kind == SECOND)[by_time]),
        enrolled_at=enrolled[by_time],
        linked_at=linked[by_time],
        birth_date=_birth_dates(rng, shop, person[by_time]),
        blocked_at=blocked[by_time],
    )


def _birth_dates(rng: np.random.Generator, shop: Shop, person: Ints) -> pa.Array:
    """Given by some, for a present on the day; without the year it is not taken."""
    text, _ = type_birth_dates(shop.basis, rng, shop.people, person)
    gives = (rng.random(len(person)) < 0.35) & ~pc.starts_with(text, "0000").to_numpy(zero_copy_only=False)
    return either(gives, text, None)


def _ledger(rng: np.random.Generator, shop: Shop, members: Members) -> Ledger:
    every, m = np.arange(len(members)), len(members)
    given = np.flatnonzero(rng.random(m) < 0.03)
    gift_at = np.maximum(members.enrolled_at[given], 0) + rng.integers(DAY, 50 * DAY, len(given))
    old = np.flatnonzero(members.enrolled_at < 0)
    brought = rng.integers(0, 300, m)[old]
    moved = _rows(
        (every, members.enrolled_at, ACTIVITY, SIGNUP, -1, SIGNUP_POINTS, 0),
        (old, members.enrolled_at[old] + 1, ADJUSTMENT, -1, -1, brought, 0),
        (given, gift_at, ADJUSTMENT, -1, -1, GIFT_POINTS, 0),
        *_of_orders(shop, members),
    )
    moved = _sorted(moved.take(((moved.approved != 0) | (moved.pending != 0)) & (moved.at < shop.basis.end)))
    moved = _sorted(_joined(moved, _rewards(rng, members, moved)))
    return _sorted(_joined(moved, _expiries(moved, shop.basis.end)))


def _of_orders(shop: Shop, members: Members) -> list[tuple[object, ...]]:
    """What orders earn, and what of it is taken back or approved."""
    orders, after = shop.orders, shop.after
    member_of = np.full(shop.people.count, -1)
    owns = members.kind != SECOND
    member_of[members.person[owns]] = np.flatnonzero(owns)
    member = member_of[orders.person]
    as_member = np.where(members.kind[member] == ACCOUNT, ~orders.guest, orders.guest)
    own = ~shop.second_account[orders.visit]  # what is bought on a second account earns nobody anything
    earns = (member >= 0) & as_member & own & ~orders.test & (members.enrolled_at[member] < orders.created_at)
    order = np.flatnonzero(earns)
    points = np.where(earns, orders.subtotal // 100, 0)
    approval = orders.created_at + APPROVED_AFTER

    goods = sum_by(after.line_refund, after.line_subtotal, len(after.refund_id))
    by_order = np.lexsort((after.refund_at, after.refund_order))
    owner = after.refund_order[by_order]
    running = np.cumsum(goods[by_order])
    first = np.searchsorted(owner, owner)
    upto = (running - (running[first] - goods[by_order][first])) // 100
    before = np.where(np.arange(len(owner)) == first, 0, np.concatenate([[0], upto[:-1]]))
    taken = np.where(points[owner] > 0, np.minimum(upto, points[owner]) - np.minimum(before, points[owner]), 0)
    back_at = after.refund_at[by_order]
    early = back_at < approval[owner]
    lost = sum_by(owner, np.where(early, taken, 0), len(orders))
    left = (points - lost)[order]
    return [
        (member[order], orders.created_at[order] + 30, ACTIVITY, PURCHASE, order, 0, points[order]),
        (
            member[owner],
            back_at + 60,
            ACTIVITY,
            PURCHASE,
            owner,
            np.where(early, 0, -taken),
            np.where(early, -taken, 0),
        ),
        (member[order], approval[order] + 90, ACTIVITY, PURCHASE, order, left, -left),
    ]


def _rewards(rng: np.random.Generator, members: Members, moved: Ledger) -> Ledger:
    """Each member's first order at which enough is there to spend, for those who do spend."""
    bought = np.flatnonzero((moved.resource == ACTIVITY) & (moved.rule == PURCHASE) & (moved.pending > 0))
    balance = running(moved.member, moved.approved) - moved.approved
    enough = bought[(balance[bought] >= REWARD_POINTS) & (rng.random(len(members)) < 0.7)[moved.member[bought]]]
    member, first = np.unique(moved.member[enough], return_index=True)
    row = enough[first]
    return _rows((member, moved.at[row] - 45, REWARD, -1, moved.order[row], -REWARD_POINTS, 0))


def _expiries(moved: Ledger, end: int) -> Ledger:
    """What lies there long after a member's last movement goes."""
    last = np.flatnonzero(np.concatenate([moved.member[1:] != moved.member[:-1], [True]]))
    at = moved.at[last] + IDLE_UNTIL_EXPIRY
    left = running(moved.member, moved.approved)[last]
    gone = (left > 0) & (at < end)
    return _rows((moved.member[last][gone], at[gone], EXPIRY, -1, -1, -left[gone], 0))


def running(group: Ints, values: Ints) -> Ints:
    """Sums within each group up to and with each row (rows by group)."""
    total = np.cumsum(values)
    first = np.searchsorted(group, group)
    return total - (total[first] - values[first])


def _rows(*parts: tuple[object, ...]) -> Ledger:
    """Rows of (member, at, resource, rule, order, approved, pending); a single value stands for all rows of a part."""
    columns: list[list[Ints]] = [[] for _ in range(7)]
    for part in parts:
        length = len(part[0])  # type: ignore[arg-type]
        for column, values in zip(columns, part, strict=True):
            column.append(np.broadcast_to(np.asarray(values, dtype=np.int64), length))
    return Ledger(*(np.concatenate(column) for column in columns))


def _joined(upper: Ledger, lower: Ledger) -> Ledger:
    return Ledger(**{name: np.concatenate([values, vars(lower)[name]]) for name, values in vars(upper).items()})


def _sorted(ledger: Ledger) -> Ledger:
    return ledger.take(np.lexsort((ledger.resource, ledger.order, ledger.at, ledger.member)))
