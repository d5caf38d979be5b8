"""Stock of the stores, unit by unit: what really lies there, what the tills believe, and every movement between.

A day goes: delivery before opening, sales and returns, waste after closing, then now and then a physical count, which
says what is there. At night a unit may vanish that no system sees; the next count finds out. Deliveries look a week
ahead, so nobody buys what is not there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.brand.aftersales import Aftersales
from sandbox.brand.basis import NEVER, Basis, Ints
from sandbox.brand.catalogue import Catalogue
from sandbox.brand.orders import Orders
from sandbox.brand.people import People
from sandbox.brand.store_orders import COMPLETED, LATE, StoreOrders
from sandbox.brand.stores import OPENS, STORES, home_store, store_second

STATES = ("NONE", "IN_STOCK", "SOLD", "UNLINKED_RETURN", "WASTE")
NONE, IN_STOCK, SOLD, UNLINKED_RETURN, WASTE = range(5)
FIRST_DELIVERY, WEEK = 2, 7
FIRST_COUNT, COUNT_DAYS = 20, 28
DELIVERED, WASTED, COUNTED = 8 * 3_600 + 1_800, 20 * 3_600 + 1_800, 21 * 3_600
OPENING = -3_600
CLOSED = 23 * 3_600
SPOILS = 0.0008


@dataclass
class Moves:
    """One entry a movement or count (``source`` below zero), by the time it was recorded."""

    cell: Ints
    """store x variants + variant"""
    source: Ints
    target: Ints
    quantity: Ints
    occurred_at: Ints
    recorded_at: Ints
    order: Ints
    """Store order that caused it, -1 for none."""
    online: Ints
    """Refund line of the online shop whose goods were brought to the store, -1 for none."""
    cents: Ints
    """What the units were sold for, or cost; 0 where neither applies."""

    def __len__(self) -> int:
        return len(self.cell)

    def take(self, rows: Ints) -> Moves:
        return Moves(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass
class Counts:
    """What the tills showed: one entry each time that a cell's number in a state was worked out anew."""

    cell: Ints
    state: Ints
    at: Ints
    quantity: Ints


def make_moves(
    basis: Basis, people: People, catalogue: Catalogue, orders: StoreOrders, online: Orders, after: Aftersales
) -> tuple[Moves, Moves]:
    """All movements of the world, those of its future too; and what moved without anybody's knowledge."""
    rng = basis.rng("store stock")
    known = _concatenate(
        [_sold(orders, catalogue), _back(orders, catalogue), _brought(basis, rng, people, catalogue, online, after)]
    )
    known = known.take(np.flatnonzero(known.occurred_at < basis.end))
    kept, unseen = _keep_house(basis, rng, catalogue, known)
    moves = _concatenate([known, kept])
    return moves.take(np.lexsort((moves.cell, moves.occurred_at, moves.recorded_at))), unseen


def make_counts(moves: Moves) -> Counts:
    """Follow the movements as they were recorded. One that happened before the last count changes nothing."""
    order = np.lexsort((np.arange(len(moves)), moves.cell))
    moves = moves.take(order)
    rows = np.arange(len(moves))
    is_count = moves.source < 0
    change = np.where(moves.target == IN_STOCK, moves.quantity, 0) - np.where(
        moves.source == IN_STOCK, moves.quantity, 0
    )
    counted = np.maximum.accumulate(np.where(is_count, rows, -1))  # each cell begins with a count
    change = np.where(is_count | (moves.occurred_at < moves.occurred_at[counted]), 0, change)
    running = np.cumsum(change)
    wasted = np.flatnonzero(moves.target == WASTE)
    waste = np.cumsum(moves.quantity[wasted])
    first = np.searchsorted(moves.cell[wasted], moves.cell[wasted])
    before = waste[first] - moves.quantity[wasted][first]
    last = np.ones(len(moves), dtype=bool)
    last[:-1] = (moves.cell[1:] != moves.cell[:-1]) | (moves.recorded_at[1:] != moves.recorded_at[:-1])
    stock = moves.quantity[counted] + running - running[counted]
    return Counts(
        cell=np.concatenate([moves.cell[last], moves.cell[wasted]]),
        state=np.repeat([IN_STOCK, WASTE], [int(last.sum()), len(wasted)]),
        at=np.concatenate([moves.recorded_at[last], moves.recorded_at[wasted]]),
        quantity=np.concatenate([stock[last], waste - before]),
    )


def _moves(cell: Ints, source: int, target: int, quantity: Ints, at: Ints, recorded: Ints, **more: Ints) -> Moves:
    n = len(cell)
    none, zero = np.full(n, -1), np.zeros(n, dtype=np.int64)
    return Moves(
        cell, np.full(n, source), np.full(n, target), quantity, at, recorded,
        more.get("order", none), more.get("online", none), more.get("cents", zero),
    )  # fmt: skip


def _concatenate(parts: list[Moves]) -> Moves:
    return Moves(*(np.concatenate([getattr(one, name) for one in parts]) for name in Moves.__dataclass_fields__))


def _sold(orders: StoreOrders, catalogue: Catalogue) -> Moves:
    line = np.flatnonzero(np.isin(orders.state, (COMPLETED, LATE))[orders.line_order])
    order = orders.line_order[line]
    recorded = orders.closed_at[order]
    at = np.where(orders.offline[order], orders.till_at[order] + 60, recorded)
    cell = orders.store[order] * len(catalogue) + orders.line_variant[line]
    net = orders.line_total[line] - orders.line_tax[line]
    return _moves(cell, IN_STOCK, SOLD, orders.line_quantity[line], at, recorded, order=order, cents=net)


def _back(orders: StoreOrders, catalogue: Catalogue) -> Moves:
    row = np.flatnonzero(orders.back_restocked)
    order = orders.back_order[row]
    cell = orders.store[order] * len(catalogue) + orders.back_variant[row]
    at = orders.closed_at[order] + 60
    moves = _moves(cell, UNLINKED_RETURN, IN_STOCK, orders.back_quantity[row], at, at + 2, order=order)
    moves.source = np.where(orders.back_line[row] >= 0, SOLD, UNLINKED_RETURN)
    return moves


def _brought(
    basis: Basis, rng: np.random.Generator, people: People, catalogue: Catalogue, online: Orders, after: Aftersales
) -> Moves:
    """Goods bought online and brought to a store. The online shop paid the money back; here is only the unit."""
    kept = (after.line_restock == 1) & (after.refund_at[after.line_refund] < basis.end)
    line = np.flatnonzero(kept & (rng.random(len(after.line_row)) < 0.8))
    row = after.line_row[line]
    home = home_store(people)[online.person[online.line_order[row]]]
    store = np.where(home >= 0, home, rng.integers(0, len(STORES), len(line)))
    midnights = store_second(basis, np.zeros(1, np.int64), np.arange(basis.span_days), 0)
    day = np.searchsorted(midnights, after.refund_at[after.line_refund[line]], side="right")
    at = store_second(basis, store, day, OPENS + rng.integers(300, 7_200, len(line)))
    cell = store * len(catalogue) + online.line_variant[row]
    return _moves(cell, UNLINKED_RETURN, IN_STOCK, after.line_quantity[line], at, at + 2, online=line)


def _keep_house(basis: Basis, rng: np.random.Generator, catalogue: Catalogue, known: Moves) -> tuple[Moves, Moves]:
    """Walk the days with what really lies on the shelves: deliveries, waste, counts; and what vanishes at night."""
    unseen = []
    variants, days = len(catalogue), basis.span_days
    cells = np.arange(variants * len(STORES))
    store, stocked = cells // variants, ~catalogue.gift_card[cells % variants]
    place = known.cell // variants
    midnights = store_second(basis, np.arange(len(STORES))[:, None], np.arange(days)[None, :], 0)
    day = np.empty(len(known), dtype=np.int64)
    for one in range(len(STORES)):
        day[place == one] = np.searchsorted(midnights[one], known.occurred_at[place == one], side="right") - 1
    out, back = (
        np.bincount(day[rows] * len(cells) + known.cell[rows], known.quantity[rows], days * len(cells))
        .astype(np.int64).reshape(days, len(cells))
        for rows in (np.flatnonzero(known.source == IN_STOCK), np.flatnonzero(known.target == IN_STOCK))
    )  # fmt: skip
    ahead = np.zeros((days + WEEK + 1, len(cells)), dtype=np.int64)
    ahead[1 : days + 1] = np.cumsum(out, axis=0)
    ahead[days + 1 :] = ahead[days]
    enough = np.where(stocked, np.ceil(ahead[-1] / days * 21).astype(np.int64) + rng.integers(1, 6, len(cells)), 0)
    cost = catalogue.cost[cells % variants]

    delivery_day = FIRST_DELIVERY + store
    on_hand = np.where(stocked, enough + ahead[delivery_day + 1, cells], 0)
    always = np.flatnonzero(stocked)
    opening = np.full(len(always), OPENING)
    parts = [_moves(always, -1, IN_STOCK, on_hand[always], opening, opening + 120)]
    for today in range(days):
        arrives = stocked & (today >= delivery_day) & ((today - delivery_day) % WEEK == 0)
        needed = ahead[today + WEEK] - ahead[today]
        units = np.where(arrives & (on_hand - needed < 1), enough + needed - on_hand, 0)
        on_hand = on_hand + units
        got = np.flatnonzero(units)
        at = store_second(basis, store[got], np.full(len(got), today), DELIVERED)
        parts.append(_moves(got, NONE, IN_STOCK, units[got], at, at + 900, cents=units[got] * cost[got]))
        on_hand = on_hand - out[today] + back[today]
        # what the next days are sure to sell is never lost
        spare = on_hand - (ahead[np.minimum(today + WEEK, days)] - ahead[today + 1])
        spoilt = np.flatnonzero(stocked & (rng.random(len(cells)) < SPOILS) & (spare > 1))
        on_hand[spoilt] -= 1
        spare[spoilt] -= 1
        at = store_second(basis, store[spoilt], np.full(len(spoilt), today), WASTED)
        parts.append(_moves(spoilt, IN_STOCK, WASTE, np.ones(len(spoilt), np.int64), at, at + 30))
        is_count = stocked & ((today - FIRST_COUNT - 6 * store) % COUNT_DAYS == 0) & (today > 0)
        counted = np.flatnonzero(is_count)
        at = store_second(basis, store[counted], np.full(len(counted), today), COUNTED)
        parts.append(_moves(counted, -1, IN_STOCK, on_hand[counted], at, at + 120))
        night = rng.random(len(cells))
        stolen = np.flatnonzero(stocked & (night < basis.share("theft")) & (spare > 0))
        stray = np.flatnonzero(stocked & (night > 1 - basis.share("stray_pieces")))
        on_hand[stolen] -= 1
        on_hand[stray] += 1
        for cell, source, target in ((stolen, IN_STOCK, WASTE), (stray, NONE, IN_STOCK)):
            at = store_second(basis, store[cell], np.full(len(cell), today), CLOSED)
            unseen.append(_moves(cell, source, target, np.ones(len(cell), np.int64), at, at))
    return _concatenate(parts), _concatenate(unseen)


def audits(moves: Moves, end: int = int(NEVER)) -> Ints:
    """The rows that are physical counts."""
    return np.flatnonzero((moves.source < 0) & (moves.occurred_at < end))
