"""Lines that staff put into an order after it was placed, before it leaves: asked for by the shopper, paid at once.

Only what meets no other trouble is edited so. The order's documents grow with it: lines, subtotal, tax, total; what it
was worth when it was placed they tell beside it. Shopify sends what was put in by a fulfilment order of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.brand import words
from sandbox.brand.aftersales import FINE, Aftersales
from sandbox.brand.basis import Basis, Ints
from sandbox.brand.catalogue import Catalogue
from sandbox.brand.orders import Orders, sum_by
from sandbox.brand.people import People
from sandbox.brand.stock_mess import is_held_back


@dataclass
class Additions:
    """One entry an added line, by order; one line an order at most."""

    order: Ints
    line_id: Ints
    variant: Ints
    quantity: Ints
    price: Ints
    tax: Ints
    added_at: Ints
    cents: Ints
    """What it added to the order's total."""

    def until(self, order: Ints, at: Ints, values: Ints) -> Ints:
        """The part of ``values`` that ``order[i]`` has had added by ``at[i]``."""
        place = np.searchsorted(self.order, order)
        found = np.minimum(place, max(len(self.order) - 1, 0))
        if not len(self.order):
            return np.zeros_like(order)
        here = (self.order[found] == order) & (self.added_at[found] <= at)
        return np.where(here, values[found], 0)

    def since(self, orders: int, never: np.int64) -> Ints:
        """By order the moment of the edit, ``never`` for most."""
        at = np.full(orders, never)
        at[self.order] = self.added_at
        return at


def make_additions(basis: Basis, people: People, orders: Orders, after: Aftersales, catalogue: Catalogue) -> Additions:
    """Choose orders and what is put in: an item they don't have yet, and that can be bought then."""
    rng, n = basis.rng("order_additions"), len(orders)
    chosen = rng.random(n) < basis.share("order_additions")
    wanted = rng.choice(len(catalogue), n, p=catalogue.popularity)
    added_at = orders.created_at + rng.integers(600, 6_000, n)
    line_ids = 14_500_000_000_000 + np.cumsum(rng.integers(300, 40_000, n))
    has_it = sum_by(orders.line_order, (orders.line_variant == wanted[orders.line_order]).astype(np.int64), n) > 0
    chosen &= (after.trouble == FINE) & ~orders.test & ~orders.draft & ~after.split & ~has_it
    chosen &= ~catalogue.gift_card[wanted] & ~is_held_back(basis, catalogue, wanted, added_at)
    order = np.flatnonzero(chosen)
    variant = wanted[order]
    price = catalogue.price[variant]
    at = people.home_at(orders.person[order], orders.created_at[order])
    rate = np.array([city[3] for city in words.CITIES])[people.homes.city[at]]
    included = orders.kinds.tax_included[order]
    over = np.where(included, 1_000_000 + rate, 1_000_000)
    tax = (price * rate + over // 2) // over
    return Additions(
        order=order,
        line_id=line_ids[order],
        variant=variant,
        quantity=np.ones_like(order),
        price=price,
        tax=tax,
        added_at=added_at[order],
        cents=price + np.where(included, 0, tax),
    )
