"""What becomes of an order: shipped, delivered, cancelled, edited, returned, soothed with a goodwill refund.

Most orders meet at most one trouble. Refunds of units follow one rule: of a line's net price and tax, the first u of
q units carry floor(amount x u / q), so partial refunds are exact to the cent and the last unit takes the remainder.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Ints
from sandbox.brand.catalogue import SHOP_FLOOR, WAREHOUSE, Catalogue
from sandbox.brand.orders import Orders, sum_by

FINE, CANCELLED, EDITED, RETURNED, GOODWILL = range(5)
RESTOCK_TYPES = ("RETURN", "NO_RESTOCK", "CANCEL")
CANCEL_REASONS = ("CUSTOMER", "INVENTORY", "FRAUD", "DECLINED", "OTHER")
FRAUD = 2
RETURN_REASONS = ("unwanted", "size-too-small", "size-too-large", "defective")
NOTES = ("", "Changed mind", "Wrong size", "Damaged on arrival", "Late delivery", "Item removed by support", "Goodwill")


@dataclass
class Aftersales:
    """Per order the times and places; then refunds by time, and their lines by refund."""

    trouble: Ints
    cancel_reason: Ints
    cancelled_at: Ints
    edited_at: Ints
    shipped_at: Ints
    delivered_at: Ints
    location: Ints
    split: Bools
    """Sent in two parcels: the first line, then the rest."""
    refund_id: Ints
    refund_order: Ints
    refund_at: Ints
    refund_shipping: Ints
    refund_adjustment: Ints
    refund_total: Ints
    refund_note: Ints
    line_refund: Ints
    line_row: Ints
    line_quantity: Ints
    line_subtotal: Ints
    line_tax: Ints
    line_restock: Ints
    line_reason: Ints
    """Place in RETURN_REASONS, -1 for what never left."""
    line_location: Ints


def make_aftersales(basis: Basis, orders: Orders, catalogue: Catalogue) -> Aftersales:
    """Decide the trouble of every order and account for it to the cent."""
    rng = basis.rng("aftersales")
    n = len(orders)
    kinds = ("cancellations", "order_edits", "returns", "goodwill_refunds")
    meets = [basis.rng(name).random(n) < basis.share(name) for name in kinds]
    trouble = np.select(meets, [CANCELLED, EDITED, RETURNED, GOODWILL], FINE)
    trouble[(trouble == EDITED) & (orders.line_count < 2)] = RETURNED
    trouble[orders.test | (orders.total < 1_500)] = FINE
    shipped = orders.created_at + (rng.gamma(2.0, 16, n) * 3_600).astype(np.int64) + 7_200
    delivered = shipped + np.where(orders.kinds.pickup, 0, rng.integers(2 * DAY, 6 * DAY, n))
    soon = orders.created_at + rng.integers(600, 6_000, n)
    is_cancelled = trouble == CANCELLED
    shipped[is_cancelled | orders.test] = NEVER
    delivered[is_cancelled | orders.test] = NEVER
    late = np.where(shipped == NEVER, 0, delivered) + rng.integers(DAY, 14 * DAY, n)
    refund_at = np.where(np.isin(trouble, (CANCELLED, EDITED)), soon, late)

    row, before, after, second = _units_back(rng, orders, catalogue, trouble, basis.share("partial_refunds"))

    # the refunds: one per (order, first or second), and goodwill ones without lines
    key = orders.line_order[row] * 2 + second
    goodwill = np.flatnonzero(trouble == GOODWILL)
    keys = np.unique(np.concatenate([key, goodwill * 2]))
    order, again = keys // 2, keys % 2
    at = refund_at[order] + again * rng.integers(2 * DAY, 9 * DAY, len(keys))
    by_time = np.lexsort((keys, at))
    keys, order, at = keys[by_time], order[by_time], at[by_time]
    place = np.empty(len(by_time), dtype=np.int64)
    place[by_time] = np.arange(len(by_time))
    refund = place[np.searchsorted(np.sort(keys), key)]
    by_refund = np.lexsort((row, refund))
    refund, row, before, after = refund[by_refund], row[by_refund], before[by_refund], after[by_refund]

    subtotal = units_amount(orders.line_net[row], orders.line_quantity[row], before, after)
    tax = units_amount(orders.line_tax[row], orders.line_quantity[row], before, after)
    # where prices contain the tax, it goes back within them
    added_tax = np.where(orders.kinds.tax_included[orders.line_order[row]], 0, tax)
    money = sum_by(refund, subtotal + added_tax, len(keys))
    kind = trouble[order]
    first_refund = keys % 2 == 0
    gives_shipping = (kind == CANCELLED) | ((kind == RETURNED) & first_refund & (rng.random(len(keys)) < 0.2))
    shipping = np.where(gives_shipping, orders.shipping[order], 0)
    adjustment = np.where(kind == GOODWILL, np.minimum(rng.integers(5, 16, len(keys)) * 100, orders.total[order]), 0)
    adjustment = np.where(kind == CANCELLED, orders.tip[order], adjustment)
    returned_kind = np.where(rng.random(len(row)) < 0.85, 0, 1)
    restock = np.where(np.isin(kind[refund], (CANCELLED, EDITED)), 2, returned_kind)
    location = np.where(orders.kinds.pickup | orders.kinds.from_store, SHOP_FLOOR, WAREHOUSE)
    # some hand back over the counter what the warehouse had sent them
    over_counter = (basis.rng("returned in store").random(len(keys)) < basis.share("cross_channel_returns"))[refund] & (
        restock == 0
    )
    taken_back = np.where(over_counter, SHOP_FLOOR, location[orders.line_order[row]])
    note = np.select(
        [kind == RETURNED, kind == EDITED, kind == GOODWILL], [1 + at % 3, np.full(len(at), 5), np.full(len(at), 6)]
    )
    # what the note says of the refund, line by line: unwanted, of the wrong size, defective
    reason = np.select([note[refund] == 1, note[refund] == 2], [np.zeros_like(row), 1 + row % 2], 3)
    return Aftersales(
        trouble=trouble,
        cancel_reason=np.where(is_cancelled, _cancel_reason(basis, rng, n), -1),
        cancelled_at=np.where(is_cancelled, refund_at, NEVER),
        edited_at=np.where(trouble == EDITED, refund_at, NEVER),
        shipped_at=shipped,
        delivered_at=delivered,
        location=location,
        split=orders.kinds.split & (orders.line_count > 1) & (shipped < NEVER) & (trouble != EDITED),
        refund_id=930_000_000_000 + np.cumsum(rng.integers(2_000, 90_000, len(keys))),
        refund_order=order,
        refund_at=at,
        refund_shipping=shipping,
        refund_adjustment=adjustment,
        refund_total=money + shipping + adjustment,
        refund_note=note,
        line_refund=refund,
        line_row=row,
        line_quantity=after - before,
        line_subtotal=subtotal,
        line_tax=tax,
        line_restock=restock,
        line_reason=np.where(restock == 2, -1, reason),
        line_location=np.where(restock == 1, -1, taken_back),
    )


def _units_back(
    rng: np.random.Generator, orders: Orders, catalogue: Catalogue, trouble: Ints, partial: float
) -> tuple[Ints, Ints, Ints, Bools]:
    """Which units of which order lines go back: line, units before, units after, in the order's second refund."""
    n = len(orders)
    line_trouble = trouble[orders.line_order]
    gift = catalogue.gift_card[orders.line_variant]
    whole_return = (rng.random(n) < 1 - partial)[orders.line_order]
    picked = orders.line_position == (rng.integers(0, 1 << 30, n) % orders.line_count)[orders.line_order]
    cancelled_lines = np.flatnonzero(line_trouble == CANCELLED)
    edited_lines = np.flatnonzero((line_trouble == EDITED) & picked)
    returned = (line_trouble == RETURNED) & ~gift & (whole_return | picked)
    returned_lines = np.flatnonzero(returned)
    quantity = orders.line_quantity
    partly = ~whole_return[returned_lines] & (quantity[returned_lines] > 1)
    units = np.where(partly, 1, quantity[returned_lines])
    again_lines = returned_lines[partly & (rng.random(len(returned_lines)) < 0.5)]
    row = np.concatenate([cancelled_lines, edited_lines, returned_lines, again_lines])
    first_units = [quantity[cancelled_lines], quantity[edited_lines], units]
    before = np.concatenate([np.zeros(len(row) - len(again_lines), np.int64), np.ones(len(again_lines), np.int64)])
    after = np.concatenate([*first_units, quantity[again_lines]])
    second = np.arange(len(row)) >= len(row) - len(again_lines)
    return row, before, after, second


def _cancel_reason(basis: Basis, rng: np.random.Generator, orders: int) -> Ints:
    plain = np.array([0, 1, 3, 4])[rng.choice(4, orders, p=(0.5, 0.2, 0.15, 0.15))]
    return np.where(basis.rng("fraud").random(orders) < basis.share("fraudulent_orders"), FRAUD, plain)


def units_amount(amount: Ints, quantity: Ints, before: Ints, after: Ints) -> Ints:
    """The part of a line's amount that units before+1 .. after carry."""
    return amount * after // quantity - amount * before // quantity


def refunded_by(after: Aftersales, order: Ints, until: Ints) -> Ints:
    """Cents refunded of ``order[i]`` by the moment ``until[i]``, both included."""
    by_order = np.lexsort((after.refund_at, after.refund_order))
    owner, at = after.refund_order[by_order], after.refund_at[by_order]
    running = np.concatenate([[0], np.cumsum(after.refund_total[by_order])])
    span = np.int64(1) << np.int64(33)
    reached = np.searchsorted(owner * span + at, order * span + until, side="right")
    return running[reached] - running[np.searchsorted(owner, order)]
