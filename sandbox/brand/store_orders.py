"""What the tills wrote: orders for sales, and new orders for what came back.

A return is an order of its own with no lines and with ``back_*`` rows; an exchange has both. A few sales stay open,
are cancelled, or are paid days after they began. A till without a line uploads what it sold up to 72 hours later: the
order is then created at the upload. Of a line's discount and tax, the first u of q units carry floor(amount x u / q),
as everywhere in this world.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.brand.aftersales import units_amount
from sandbox.brand.basis import NEVER, Basis, Bools, Ints
from sandbox.brand.catalogue import Catalogue
from sandbox.brand.orders import sum_by
from sandbox.brand.stores import Sales, open_second, sales_tax, spread

SALE, RETURN, EXCHANGE, UNLINKED = range(4)
COMPLETED, LATE, OPEN, CANCELED = range(4)
RETURNED, EXCHANGED, GIFT_RETURN, SOOTHED, KEPT = range(5)
CASH, CARD = 0, 1


@dataclass
class StoreOrders:
    """Sales first, in the order of ``Sales``, then the documents for what came back, by time."""

    kind: Ints
    state: Ints
    store: Ints
    person: Ints
    source: Ints
    """The sale that goods came back from; -1 for sales and for returns without a receipt."""
    code: Ints
    till_at: Ints
    """When the buyer stood at the till; offline sales are created later."""
    created_at: Ints
    closed_at: Ints
    offline: Bools
    method: Ints
    tip: Ints
    soothed: Bools
    """Sales of which some money, but no goods, were given back."""
    line_order: Ints
    line_variant: Ints
    line_quantity: Ints
    line_price: Ints
    line_discount: Ints
    line_tax: Ints
    back_order: Ints
    back_line: Ints
    """The line it was sold on, -1 without a receipt."""
    back_variant: Ints
    back_quantity: Ints
    back_price: Ints
    back_discount: Ints
    back_tax: Ints
    back_restocked: Bools

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def line_total(self) -> Ints:
        return self.line_price * self.line_quantity - self.line_discount + self.line_tax

    @property
    def back_total(self) -> Ints:
        return self.back_price * self.back_quantity - self.back_discount + self.back_tax

    @property
    def total(self) -> Ints:
        """What the lines of each order cost, with tax and tip."""
        return sum_by(self.line_order, self.line_total, len(self)) + self.tip

    @property
    def returned(self) -> Ints:
        """What each order gave back for goods."""
        return sum_by(self.back_order, self.back_total, len(self))


def make_store_orders(basis: Basis, sales: Sales, catalogue: Catalogue) -> StoreOrders:
    """Decide what becomes of every sale and write the documents."""
    rng = basis.rng("store orders")
    n = len(sales)
    shares = (basis.share("late_payments"), 0.01, basis.share("voided_sales"))
    state = np.array([LATE, OPEN, CANCELED, COMPLETED])[spread(rng, n, shares)]
    method = np.where(rng.random(n) < 0.74, CARD, CASH)
    plain = np.flatnonzero((state == COMPLETED) & (method == CARD))
    offline = np.zeros(n, dtype=bool)
    offline[plain[spread(rng, len(plain), (basis.share("offline_sales"),)) == 0]] = True
    created = sales.at + np.where(offline, rng.integers(1_800, 71 * 3_600, n), 0)
    taken = rng.integers(30, 200, n)
    closed = created + np.where(offline, 2, taken)
    another_day = open_second(rng, basis, sales.store, sales.day + rng.integers(1, 5, n))
    closed = np.where(state == LATE, another_day, closed)
    closed = np.where(state == CANCELED, sales.at + rng.integers(300, 3_000, n), closed)
    closed = np.where(state == OPEN, NEVER, closed)

    fate = np.full(n, KEPT)
    done = np.flatnonzero(state == COMPLETED)
    fates = ("till_returns", "till_exchanges", "till_returns_without_receipt", "till_goodwill")
    fate[done] = spread(rng, len(done), tuple(basis.share(name) for name in fates))
    source = np.flatnonzero(fate < SOOTHED)
    store = np.where(rng.random(len(source)) < 0.9, sales.store[source], 1 - sales.store[source])
    day = sales.day[source] + rng.integers(4, 22, len(source))
    at = open_second(rng, basis, store, day)
    keep = np.lexsort((source, at))
    keep = keep[at[keep] < basis.end]
    source, store, at = source[keep], store[keep], at[keep]
    kind = np.array([RETURN, EXCHANGE, UNLINKED])[fate[source]]
    m = len(source)
    order = n + np.arange(m)

    line, quantity = _units_back(rng, sales, source)
    linked = (kind != UNLINKED)[line[0]]
    row, whole = line[1], sales.line_quantity[line[1]]
    zero = np.zeros(len(row), dtype=np.int64)
    price = sales.line_price[row]
    discount = np.where(linked, units_amount(sales.line_discount[row], whole, zero, quantity), 0)
    tax = np.where(
        linked,
        units_amount(sales.line_tax[row], whole, zero, quantity),
        sales_tax(store[line[0]], price * quantity),
    )
    swapped = np.flatnonzero(kind == EXCHANGE)
    wanted = np.where(catalogue.gift_card, 0, catalogue.popularity)
    variant = rng.choice(len(catalogue), len(swapped), p=wanted / wanted.sum())
    swap_tax = sales_tax(store[swapped], catalogue.price[variant])
    ones = np.ones(len(swapped), dtype=np.int64)
    none = np.full(m, -1)
    tipped = (rng.random(n) < 0.02) & (method == CARD) & (state == COMPLETED)
    return StoreOrders(
        kind=np.concatenate([np.full(n, SALE), kind]),
        state=np.concatenate([state, np.full(m, COMPLETED)]),
        store=np.concatenate([sales.store, store]),
        person=np.concatenate([sales.person, sales.person[source]]),
        source=np.concatenate([np.full(n, -1), np.where(kind == UNLINKED, -1, source)]),
        code=np.concatenate([sales.code, none]),
        till_at=np.concatenate([sales.at, at]),
        created_at=np.concatenate([created, at]),
        closed_at=np.concatenate([closed, at + rng.integers(40, 240, m)]),
        offline=np.concatenate([offline, np.zeros(m, dtype=bool)]),
        method=np.concatenate([method, method[source]]),
        tip=np.concatenate([np.where(tipped, rng.choice([100, 200, 300], n), 0), np.zeros(m, np.int64)]),
        soothed=np.concatenate([fate == SOOTHED, np.zeros(m, dtype=bool)]),
        line_order=np.concatenate([sales.line_sale, order[swapped]]),
        line_variant=np.concatenate([sales.line_variant, variant]),
        line_quantity=np.concatenate([sales.line_quantity, ones]),
        line_price=np.concatenate([sales.line_price, catalogue.price[variant]]),
        line_discount=np.concatenate([sales.line_discount, 0 * ones]),
        line_tax=np.concatenate([sales.line_tax, swap_tax]),
        back_order=order[line[0]],
        back_line=np.where(linked, row, -1),
        back_variant=sales.line_variant[row],
        back_quantity=quantity,
        back_price=price,
        back_discount=discount,
        back_tax=tax,
        back_restocked=rng.random(len(row)) < 0.85,
    )


def _units_back(rng: np.random.Generator, sales: Sales, source: Ints) -> tuple[tuple[Ints, Ints], Ints]:
    """((document, sale's line), units): everything of a sale, or one line, or one unit of it."""
    first = np.searchsorted(sales.line_sale, source)
    count = np.searchsorted(sales.line_sale, source, side="right") - first
    whole = rng.random(len(source)) < 0.4
    picked = rng.integers(0, 1 << 30, len(source)) % np.maximum(count, 1)
    document = np.repeat(np.arange(len(source)), count)
    place = np.arange(len(document)) - np.repeat(np.cumsum(count) - count, count)
    taken = whole[document] | (place == picked[document])
    document, row = document[taken], (first[document] + place)[taken]
    quantity = sales.line_quantity[row]
    partly = ~whole[document] & (rng.random(len(row)) < 0.6)
    return (document, row), np.where(partly, 1, quantity)
