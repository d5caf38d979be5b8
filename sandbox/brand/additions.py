"""Lines that come into an order after it was placed, and are paid at once: put in by staff before it leaves, or taken
in the shop for goods that are brought back there (an exchange: they are paid back, and what is taken is paid).

Only what meets no other trouble is edited so. The order's documents grow with it: lines, subtotal, tax, total; what it
was worth when it was placed they tell beside it. Shopify sends what was put in by a fulfilment order of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.brand import words
from sandbox.brand.aftersales import FINE, RETURNED, Aftersales
from sandbox.brand.basis import Basis, Bools, Ints
from sandbox.brand.catalogue import SHOP_FLOOR, WAREHOUSE, Catalogue
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
    sent_at: Ints
    location: Ints
    refund: Ints
    """The refund whose goods it was taken for, -1 for what an edit put in."""
    cents: Ints
    """What it added to the order's total."""

    @property
    def is_exchange(self) -> Bools:
        return self.refund >= 0

    def until(self, order: Ints, at: Ints, values: Ints) -> Ints:
        """The part of ``values`` that ``order[i]`` has had added by ``at[i]``."""
        place = np.searchsorted(self.order, order)
        found = np.minimum(place, max(len(self.order) - 1, 0))
        if not len(self.order):
            return np.zeros_like(order)
        here = (self.order[found] == order) & (self.added_at[found] <= at)
        return np.where(here, values[found], 0)

    def since(self, orders: int, never: np.int64, exchanges: bool) -> Ints:
        """By order the moment of the edit, or of the exchange, ``never`` for most."""
        at, rows = np.full(orders, never), self.is_exchange == exchanges
        at[self.order[rows]] = self.added_at[rows]
        return at


def make_additions(basis: Basis, people: People, orders: Orders, after: Aftersales, catalogue: Catalogue) -> Additions:
    """Choose orders and what is put in: an item they don't have yet, and that can be bought then."""
    rng, n = basis.rng("order_additions"), len(orders)
    chosen = rng.random(n) < basis.share("order_additions")
    wanted = rng.choice(len(catalogue), n, p=catalogue.popularity)
    added_at = orders.created_at + rng.integers(600, 6_000, n)
    line_ids = 14_500_000_000_000 + np.cumsum(rng.integers(300, 40_000, n))
    chosen &= (after.trouble == FINE) & ~orders.test & ~orders.draft & ~after.split
    refund, exchanged_at = _exchanges(basis, after, n)
    exchanged = refund >= 0
    added_at = np.where(exchanged, exchanged_at, added_at)
    has_it = sum_by(orders.line_order, (orders.line_variant == wanted[orders.line_order]).astype(np.int64), n) > 0
    possible = ~has_it & ~catalogue.gift_card[wanted] & ~is_held_back(basis, catalogue, wanted, added_at)
    order = np.flatnonzero((chosen | exchanged) & possible)
    variant, is_exchange = wanted[order], exchanged[order]
    price = catalogue.price_at(variant, added_at[order])
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
        sent_at=np.where(is_exchange, added_at[order], after.shipped_at[order]),
        location=np.where(is_exchange, SHOP_FLOOR, after.location[order]),
        refund=refund[order],
        cents=price + np.where(included, 0, tax),
    )


def _exchanges(basis: Basis, after: Aftersales, orders: int) -> tuple[Ints, Ints]:
    """By order the refund for whose goods another item is taken, -1 for most, and when.

    Only where the warehouse had sent the order and all of the refund's goods came over the counter.
    """
    rng, refunds = basis.rng("exchanges"), len(after.refund_order)
    over_counter = (after.line_restock == 0) & (after.line_location == SHOP_FLOOR)
    lines, brought = sum_by(after.line_refund, np.ones_like(after.line_row), refunds), np.zeros(refunds, dtype=np.int64)
    np.add.at(brought, after.line_refund, over_counter)
    chosen = (rng.random(refunds) < basis.share("exchanges")) & (lines > 0) & (brought == lines)
    chosen &= (after.trouble == RETURNED)[after.refund_order] & (after.location == WAREHOUSE)[after.refund_order]
    refund, at = np.full(orders, -1), np.zeros(orders, dtype=np.int64)
    rows = np.flatnonzero(chosen)[::-1]
    refund[after.refund_order[rows]], at[after.refund_order[rows]] = rows, after.refund_at[rows]
    return refund, at
