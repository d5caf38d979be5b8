"""Money of the orders, in whole cents: lines, discounts, tax, shipping, tips, totals.

A line's discount is its part of the order's, allocated so that the parts sum to the whole; tax is taken on each
discounted line and rounded to the cent, or is part of it where prices contain the tax; shipping is free above a
threshold. ``total = subtotal + shipping + tax + tip`` holds exactly, without the tax where prices contain it. A line of
gift cards carries neither discount nor tax.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.brand import words
from sandbox.brand.basis import NEVER, Basis, Bools, Floats, Ints
from sandbox.brand.baskets import Baskets
from sandbox.brand.behaviour import Visits
from sandbox.brand.catalogue import Catalogue
from sandbox.brand.order_kinds import OrderKinds, held_since, make_kinds
from sandbox.brand.people import People
from sandbox.brand.stock_mess import is_held_back
from sandbox.brand.timeline import Timeline

SHIPPING = 595
FREE_SHIPPING_FROM = 7_500
DISCOUNT_CODES = ("WELCOME10", "SPRING15", "FRIENDS20")
DISCOUNT_PERCENT = np.array([10, 15, 20])


@dataclass
class Orders:
    """One entry an order, by the time it was placed; lines ordered by order and position."""

    order_id: Ints
    number: Ints
    visit: Ints
    person: Ints
    guest: Bools
    test: Bools
    draft: Bools
    held_at: Ints
    """When its goods were put aside in the shop, by a draft order; NEVER for most."""
    kinds: OrderKinds
    gift_paid: Ints
    """What a gift card paid of the total."""
    created_at: Ints
    code: Ints
    subtotal: Ints
    discounts: Ints
    shipping: Ints
    tax: Ints
    tip: Ints
    total: Ints
    line_id: Ints
    line_order: Ints
    line_position: Ints
    line_variant: Ints
    line_quantity: Ints
    line_price: Ints
    line_discount: Ints
    line_tax: Ints
    first_line: Ints
    line_count: Ints
    of_visit: Ints

    def __len__(self) -> int:
        return len(self.order_id)

    @property
    def line_net(self) -> Ints:
        """What a line cost after discounts, before tax."""
        return self.line_price * self.line_quantity - self.line_discount


def make_orders(
    basis: Basis, people: People, visits: Visits, baskets: Baskets, catalogue: Catalogue, timeline: Timeline
) -> Orders:
    """Turn the visits that end in an order into documents with money."""
    rng = basis.rng("orders")
    bought = np.flatnonzero(visits.ordered)
    # the shop knows of the order a second before the browser reports it
    created = timeline.completed_at[bought] - 1
    by_time = np.lexsort((bought, created))
    visit, created = bought[by_time], created[by_time]
    n = len(visit)
    of_visit = np.full(len(visits), -1)
    of_visit[visit] = np.arange(n)

    line_order = of_visit[baskets.line_visit]
    rows = np.flatnonzero(line_order >= 0)
    rows = rows[np.lexsort((baskets.line_position[rows], line_order[rows]))]
    line_order = line_order[rows]
    variant, quantity = baskets.line_variant[rows], baskets.line_quantity[rows]
    price = catalogue.price_at(variant, created[line_order])
    gift = catalogue.gift_card[variant]
    gross = price * quantity

    code = np.where(rng.random(n) < 0.22, rng.choice(3, n, p=(0.5, 0.35, 0.15)), -1)
    percent = np.where(code >= 0, DISCOUNT_PERCENT[code], 0)
    discountable = np.where(gift, 0, gross)
    base = sum_by(line_order, discountable, n)
    discounts = (base * percent + 50) // 100
    code = np.where(discounts > 0, code, -1)
    discount = allocate(line_order, discountable, base, discounts)
    net = gross - discount

    person = visits.person[visit]
    rate = np.array([city[3] for city in words.CITIES])[people.homes.city[people.home_at(person, created)]]
    test = people.staff[person] & (rng_of_tests(basis, n) < basis.share("test_orders"))
    kinds = make_kinds(basis, created, test)
    included, part = kinds.tax_included[line_order], rate[line_order]
    over = np.where(included, 1_000_000 + part, 1_000_000)
    tax = np.where(gift, 0, (net * part + over // 2) // over)
    subtotal = sum_by(line_order, net, n)
    ships = sum_by(line_order, (~gift).astype(np.int64), n) > 0
    shipping = np.where(ships & ~kinds.pickup & (subtotal < FREE_SHIPPING_FROM), SHIPPING, 0)
    elsewhere, gifts = baskets.marketplace[visit], sum_by(line_order, gift.astype(np.int64), n) > 0
    held_at = held_since(basis, created, kinds.pickup & ~elsewhere & ~gifts)
    # goods that are held back can't be put aside
    held_at[line_order[is_held_back(basis, catalogue, variant, held_at[line_order])]] = NEVER
    tip = np.where(rng.random(n) < 0.012, rng.choice([200, 300, 500], n), 0)
    total_tax = sum_by(line_order, tax, n)
    total = subtotal + shipping + np.where(kinds.tax_included, 0, total_tax) + tip
    return Orders(
        order_id=5_510_000_000_000 + np.cumsum(rng.integers(2_000, 90_000, n)),
        number=1_001 + np.arange(n),
        visit=visit,
        person=person,
        guest=visits.guest[visit],
        test=test,
        draft=((rng.random(n) < basis.share("draft_orders")) & ~test & ~elsewhere) | (held_at < NEVER),
        held_at=held_at,
        kinds=kinds,
        gift_paid=np.minimum(kinds.gift_card, total // 2),
        created_at=created,
        code=code,
        subtotal=subtotal,
        discounts=discounts,
        shipping=shipping,
        tax=total_tax,
        tip=tip,
        total=total,
        line_id=13_900_000_000_000 + np.cumsum(rng.integers(300, 40_000, len(rows))),
        line_order=line_order,
        line_position=np.arange(len(rows)) - np.searchsorted(line_order, line_order),
        line_variant=variant,
        line_quantity=quantity,
        line_price=price,
        line_discount=discount,
        line_tax=tax,
        first_line=np.searchsorted(line_order, np.arange(n)),
        line_count=np.bincount(line_order, minlength=n),
        of_visit=of_visit,
    )


def rng_of_tests(basis: Basis, orders: int) -> Floats:
    """A draw an order: whether staff marked theirs as a test."""
    return basis.rng("test orders").random(orders)


def sum_by(group: Ints, values: Ints, groups: int) -> Ints:
    """Exact integer sums by group."""
    total = np.zeros(groups, dtype=np.int64)
    np.add.at(total, group, values)
    return total


def allocate(group: Ints, weight: Ints, base: Ints, amount: Ints) -> Ints:
    """Split each group's amount over its rows by weight, so that the parts sum to it exactly (rows by group)."""
    running = np.cumsum(weight)
    first = np.searchsorted(group, group)
    before_group = running[first] - weight[first]
    after = running - before_group
    whole = np.maximum(base[group], 1)
    upto = (after * amount[group] * 2 + whole) // (2 * whole)
    before = ((after - weight) * amount[group] * 2 + whole) // (2 * whole)
    return upto - before
