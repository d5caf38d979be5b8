"""What of the shop lies at Amazon: a stock of its own, which the shop fills and Amazon sells from.

An order takes its units out of sale at once and out of the house when it leaves. Deliveries come every three weeks, as
large as what will be sold until the one after the next. What comes back is for sale again or broken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.brand.amazon_orders import SELLABLE, AmazonOrders, AmazonRefunds
from sandbox.brand.basis import DAY, NEVER, Basis, Ints
from sandbox.brand.catalogue import Catalogue
from sandbox.brand.versions import Versions, number_versions

SALE, RETURN, RECEIPT = range(3)
EVENTS = ("Shipments", "CustomerReturns", "Receipts")
EVERY, ON_THE_WAY = 21 * DAY, 5 * DAY
FULFILLABLE, PENDING, INBOUND, BROKEN = range(4)


@dataclass
class Moves:
    """What the ledger shows, one entry a movement of what is on hand; ``quantity`` is signed."""

    variant: Ints
    kind: Ints
    quantity: Ints
    is_broken: Ints
    document: Ints
    """Number of the line, the refund or the delivery."""
    at: Ints

    def __len__(self) -> int:
        return len(self.variant)


@dataclass
class AmazonStock:
    """Levels in versions (``versions.thing`` is the variant), with a column of ``states`` a kind of unit; movements."""

    versions: Versions
    states: Ints
    moves: Moves


def make_amazon_stock(
    basis: Basis, catalogue: Catalogue, orders: AmazonOrders, refunds: AmazonRefunds, end: int
) -> AmazonStock:
    """Follow every unit. What lay there on the first day is as much as is needed, and a few units more."""
    rng = basis.rng("amazon stock")
    created, shipped = orders.created_at[orders.line_order], orders.shipped_at[orders.line_order]
    gone = np.minimum(orders.cancelled_at[orders.line_order], orders.line_cancelled_at)
    variant, units = orders.line_variant, orders.line_quantity
    sent = np.flatnonzero(orders.line_is_sent)
    back = np.flatnonzero(refunds.returned_at < NEVER)
    broken = ~SELLABLE[refunds.reason[back]]
    back_variant, back_at = variant[refunds.line[back]], refunds.returned_at[back]
    receipt_variant, receipt_units, receipt_at = _deliveries(rng, variant, units, created)

    parts = [
        (variant, created, FULFILLABLE, -units),
        (variant, created, PENDING, units),
        (variant, gone, FULFILLABLE, units),
        (variant, gone, PENDING, -units),
        (variant[sent], shipped[sent], PENDING, -units[sent]),
        (receipt_variant, receipt_at - ON_THE_WAY, INBOUND, receipt_units),
        (receipt_variant, receipt_at, INBOUND, -receipt_units),
        (receipt_variant, receipt_at, FULFILLABLE, receipt_units),
        (back_variant[~broken], back_at[~broken], FULFILLABLE, refunds.quantity[back][~broken]),
        (back_variant[broken], back_at[broken], BROKEN, refunds.quantity[back][broken]),
    ]
    of, at, state, change = (
        np.concatenate([np.broadcast_to(part[number], len(part[0])) for part in parts]) for number in range(4)
    )
    there = at < end
    of, at, state, change = of[there], at[there], state[there], change[there]
    lowest = _lowest(of, at, state, change, len(catalogue))
    known = np.unique(of)
    opening = rng.integers(4, 25, len(catalogue)) - lowest
    of = np.concatenate([known, of])
    at = np.concatenate([np.full(len(known), -DAY), at])
    state = np.concatenate([np.full(len(known), FULFILLABLE), state])
    change = np.concatenate([opening[known], change])
    versions = number_versions([(of, at)], end)
    return AmazonStock(
        versions=versions,
        states=np.column_stack([_running(of, at, np.where(state == one, change, 0), versions) for one in range(4)]),
        moves=Moves(
            variant=np.concatenate([variant[sent], back_variant, receipt_variant]),
            kind=np.repeat([SALE, RETURN, RECEIPT], [len(sent), len(back), len(receipt_variant)]),
            quantity=np.concatenate([-units[sent], refunds.quantity[back], receipt_units]),
            is_broken=np.concatenate([0 * sent, broken.astype(np.int64), 0 * receipt_variant]),
            document=np.concatenate([sent, back, np.arange(len(receipt_variant))]),
            at=np.concatenate([shipped[sent], back_at, receipt_at]),
        ),
    )


def _deliveries(rng: np.random.Generator, variant: Ints, units: Ints, created: Ints) -> tuple[Ints, Ints, Ints]:
    """(variant, units, moment of arrival): about what is asked for in the span after each arrival."""
    span = variant * 1_000 + created // EVERY
    spans, place = np.unique(span, return_inverse=True)
    wanted = np.zeros(len(spans), np.int64)
    np.add.at(wanted, place, units)
    of, number = np.divmod(spans, 1_000)
    after = number > 0
    at = number * EVERY - rng.integers(2 * 3_600, 3 * DAY, len(spans))
    return of[after], (wanted + rng.integers(0, 4, len(spans)))[after], at[after]


def _lowest(of: Ints, at: Ints, state: Ints, change: Ints, variants: int) -> Ints:
    """The lowest that the units for sale of each variant would come to without an opening, at most 0."""
    rows = np.flatnonzero(state == FULFILLABLE)
    rows = rows[np.lexsort((change[rows], at[rows], of[rows]))]
    running = np.cumsum(change[rows])
    first = np.searchsorted(of[rows], of[rows])
    inside = running - (running[first] - change[rows][first])
    lowest = np.zeros(variants, np.int64)
    np.minimum.at(lowest, of[rows], inside)
    return lowest


def _running(of: Ints, at: Ints, change: Ints, versions: Versions) -> Ints:
    """The sum of all changes of a thing up to each of its versions."""
    order = np.lexsort((at, of))
    span = np.int64(1) << np.int64(40)
    place = (of[order] * span) + at[order] + 10 * DAY
    running = np.concatenate([[0], np.cumsum(change[order])])
    upto = np.searchsorted(place, versions.thing * span + versions.at + 10 * DAY, side="right")
    return running[upto] - running[np.searchsorted(of[order], versions.thing)]
