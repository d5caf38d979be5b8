"""What is sold on Amazon and sent by it: who buys, what becomes of an order, what Amazon keeps of it.

Some of the shop's people buy there too and some nowhere else; Amazon tells nobody which. An order is pending, without
prices, until its payment is authorised; a line may be cancelled before it leaves. All draws are from streams of this
part's own, so the rest of the world is the same with and without it. Of a line's amounts the first u of q units carry
floor(amount x u / q), as everywhere in this world.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.brand import words
from sandbox.brand.aftersales import units_amount
from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Ints
from sandbox.brand.catalogue import Catalogue
from sandbox.brand.orders import allocate, sum_by
from sandbox.brand.people import People
from sandbox.brand.stores import spread
from sandbox.brand.texts import uniform

HOUR = 3_600
BUYERS, RATE = 0.35, 0.008
LISTED = 0.6
DEARER = 200
SHIPPING, FREE_FROM = 499, 3_500
PENDING_LONG, CANCELLED, CANCELLED_PENDING, LINE_CANCELLED, RETURNED = 0.06, 0.03, 0.4, 0.3, 0.09
COMMISSION_PERCENT, PER_UNIT_FEE, KEPT_OF_COMMISSION = 15, 386, 20
REASONS = ("UNWANTED_ITEM", "APPAREL_TOO_SMALL", "APPAREL_TOO_LARGE", "DEFECTIVE", "NOT_AS_DESCRIBED")
SELLABLE = np.array([True, True, True, False, True])
SCANNED, BEFOREHAND, KEPT = range(3)
"""When a refund is paid: when the goods are scanned, before they are back, or without their ever coming back."""


@dataclass
class AmazonOrders:
    """One entry an order, by time; lines by order. Amounts are cents."""

    person: Ints
    created_at: Ints
    authorised_at: Ints
    cancelled_at: Ints
    shipped_at: Ints
    prime: Bools
    tells_email: Bools
    tax_rate: Ints
    line_order: Ints
    line_variant: Ints
    line_quantity: Ints
    line_price: Ints
    line_discount: Ints
    line_shipping: Ints
    line_tax: Ints
    line_cancelled_at: Ints

    def __len__(self) -> int:
        return len(self.person)

    @property
    def line_gross(self) -> Ints:
        return self.line_price * self.line_quantity

    @property
    def line_commission(self) -> Ints:
        """What Amazon keeps of a line's net price, rounded to the cent."""
        return ((self.line_gross - self.line_discount) * COMMISSION_PERCENT + 50) // 100

    @property
    def line_is_sent(self) -> Bools:
        """Lines that leave, if only after the world's end."""
        return (self.shipped_at[self.line_order] < NEVER) & (self.line_cancelled_at == NEVER)


@dataclass
class AmazonRefunds:
    """One entry a refund, each of one line. Amounts are cents."""

    line: Ints
    quantity: Ints
    net: Ints
    tax: Ints
    at: Ints
    returned_at: Ints
    """When the goods were back at Amazon; NEVER where they stayed with the buyer."""
    reason: Ints

    def __len__(self) -> int:
        return len(self.line)


def make_amazon_orders(basis: Basis, people: People, catalogue: Catalogue) -> AmazonOrders:
    """Draw the orders and what becomes of them."""
    rng = basis.rng("amazon orders")
    n = people.count
    rate = np.where(rng.random(n) < BUYERS, RATE, 0.0) * rng.gamma(0.8, 1 / 0.8, n) * ~people.staff
    person = np.repeat(np.arange(n), rng.poisson(rate * basis.span_days))
    created = rng.integers(0, basis.end, len(person))
    by_time = np.lexsort((person, created))
    person, created = person[by_time], created[by_time]
    orders = len(person)

    slow, quick = rng.integers(DAY, 4 * DAY, orders), rng.integers(600, 5_400, orders)
    waits = np.where(rng.random(orders) < PENDING_LONG, slow, quick)
    authorised = created + waits
    gone = spread(rng, orders, (CANCELLED,)) == 0
    in_time = rng.random(orders) < CANCELLED_PENDING
    cancelled = np.where(in_time, created + waits // 2, authorised + rng.integers(HOUR, 8 * HOUR, orders))
    cancelled = np.where(gone, cancelled, NEVER)
    authorised = np.where(cancelled < authorised, NEVER, authorised)
    shipped = np.where(gone, NEVER, authorised + rng.integers(9 * HOUR, 40 * HOUR, orders))
    prime = rng.random(orders) < 0.8

    line_order, variant = _picked(basis, rng, catalogue, orders)
    quantity = rng.choice(3, len(variant), p=(0.88, 0.1, 0.02)) + 1
    price = catalogue.price[variant] + DEARER
    gross = price * quantity
    subtotal = sum_by(line_order, gross, orders)
    percent = np.where(rng.random(orders) < 0.08, 10, 0)
    discount = allocate(line_order, gross, subtotal, (subtotal * percent + 50) // 100)
    pays = np.where(~prime & (subtotal < FREE_FROM), SHIPPING, 0)
    tax_rate = np.array([place[3] for place in words.CITIES])[people.city[person]]
    net = gross - discount

    first = np.searchsorted(line_order, line_order)
    several = np.bincount(line_order, minlength=orders)[line_order] > 1
    dropped = several & (np.arange(len(line_order)) == first + 1) & (shipped[line_order] < NEVER)
    dropped &= rng.random(len(line_order)) < LINE_CANCELLED
    line_cancelled = np.where(dropped, authorised[line_order] + rng.integers(HOUR, 8 * HOUR, len(line_order)), NEVER)
    return AmazonOrders(
        person=person,
        created_at=created,
        authorised_at=authorised,
        cancelled_at=cancelled,
        shipped_at=shipped,
        prime=prime,
        tells_email=rng.random(orders) < 0.5,
        tax_rate=tax_rate,
        line_order=line_order,
        line_variant=variant,
        line_quantity=quantity,
        line_price=price,
        line_discount=discount,
        line_shipping=np.where(np.arange(len(line_order)) == first, pays[line_order], 0),
        line_tax=(net * tax_rate[line_order] + 500_000) // 1_000_000,
        line_cancelled_at=line_cancelled,
    )


def _picked(basis: Basis, rng: np.random.Generator, catalogue: Catalogue, orders: int) -> tuple[Ints, Ints]:
    """(order, variant) of every line, of what is listed on Amazon; no variant twice in an order."""
    wanted = np.where(listed(basis, catalogue), catalogue.popularity, 0)
    line_order = np.repeat(np.arange(orders), rng.choice(3, orders, p=(0.78, 0.17, 0.05)) + 1)
    variant = rng.choice(len(catalogue), len(line_order), p=wanted / wanted.sum())
    line_order, variant = np.divmod(np.unique(line_order * len(catalogue) + variant), len(catalogue))
    return line_order, variant


def listed(basis: Basis, catalogue: Catalogue) -> Bools:
    """Which variants are sold on Amazon at all."""
    return (uniform(np.arange(len(catalogue)), basis.salt("amazon listings")) < LISTED) & ~catalogue.gift_card


def make_amazon_refunds(basis: Basis, orders: AmazonOrders) -> AmazonRefunds:
    """Some orders get money back for their first line that was sent, or for one unit of it."""
    rng = basis.rng("amazon refunds")
    sent = np.flatnonzero(orders.line_is_sent)
    line = sent[np.unique(orders.line_order[sent], return_index=True)[1]]
    chosen = spread(rng, len(orders), (RETURNED,)) == 0
    line = line[chosen[orders.line_order[line]]]
    m, whole = len(line), orders.line_quantity[line]
    quantity = np.where(rng.random(m) < 0.5, 1, whole)
    none = np.zeros(m, np.int64)
    returned = orders.shipped_at[orders.line_order[line]] + rng.integers(5 * DAY, 25 * DAY, m)
    way = spread(rng, m, (0.7, 0.18))
    return AmazonRefunds(
        line=line,
        quantity=quantity,
        net=units_amount((orders.line_gross - orders.line_discount)[line], whole, none, quantity),
        tax=units_amount(orders.line_tax[line], whole, none, quantity),
        at=returned + np.where(way == BEFOREHAND, -2 * DAY, rng.integers(HOUR, 30 * HOUR, m)),
        returned_at=np.where(way == KEPT, NEVER, returned),
        reason=rng.choice(len(REASONS), m, p=(0.35, 0.22, 0.2, 0.13, 0.1)),
    )
