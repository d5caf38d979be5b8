"""Stock by item, location and day, with every reason why it moves.

Goods reach the warehouse from suppliers, some of them slow; the warehouse fills up Harbor Street, and the two stores
whose tills are not Shopify's. Parcels leave, returns come back - some over Harbor Street's counter although the
warehouse had sent them -, pieces break and are thrown away, some vanish unseen until a count finds it, and some counts
are wrong until the next day's. Now and then a whole item is held back for inspection: it is there and can't be bought.
What the system says and what is truly there are kept apart: ``audits`` are the moments when a count made both equal.

Each row's states add up: on_hand = available + committed + reserved + damaged + safety_stock + quality_control. A level
gets a new version at the end of each day on which it changed, and holds what happened up to that very second.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sandbox.brand.aftersales import EDITED, Aftersales
from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Floats, Ints
from sandbox.brand.catalogue import LOCATION_IDS, SHOP_FLOOR, WAREHOUSE, Catalogue
from sandbox.brand.deliveries import OUTSIDE, STORES, Deliveries
from sandbox.brand.orders import Orders
from sandbox.brand.texts import stamps, take

STATES = ("available", "committed", "incoming", "on_hand", "reserved", "damaged", "safety_stock", "quality_control")
PLACES = len(LOCATION_IDS)
HOLD_DAYS = 12
"""How long an item is held back; meanwhile none is ordered."""


@dataclass
class Stock:
    """Levels by day, state and cell (item x location); row 0 is the opening. ``audits`` are (row, cell, units)."""

    sheets: Ints
    stocked: Bools
    deliveries: Deliveries
    audits: list[tuple[Ints, Ints, Ints]] = field(default_factory=list)


@dataclass
class Flow:
    """Units by day and cell that orders ask for, release again and take away, and that returns bring back."""

    ordered: Ints
    released: Ints
    shipped: Ints
    restocked: Ints
    weekly: Floats


def make_stock(basis: Basis, catalogue: Catalogue, orders: Orders, after: Aftersales) -> Stock:
    """Live through the days: deliveries, sales, returns, breakage, loss, counts, and what is ordered again."""
    rng = basis.rng("inventory")
    cells, days = len(catalogue) * PLACES, basis.span_days
    stocked = ~catalogue.gift_card[np.arange(cells) // PLACES]
    at_warehouse = np.arange(cells) % PLACES == WAREHOUSE
    flow = _flow(orders, after, stocked, days)
    deliveries = Deliveries(basis, cells, days)

    # stock is set up for what sells: about three weeks of demand; the warehouse also feeds the shops
    demand = np.where(at_warehouse, flow.weekly + np.roll(flow.weekly, -1) + 1, flow.weekly)
    target = np.where(stocked, np.ceil(demand * 3).astype(np.int64) + np.where(at_warehouse, 12, 4), 0)
    reserved, damaged, quality = (rng.poisson(rate, cells) * stocked for rate in (0.15, 0.25, 0.1))
    safety = np.where(stocked & at_warehouse, 2, 0)
    on_hand = target + rng.integers(0, 6, cells) * stocked + reserved + damaged + quality + safety
    true, committed = on_hand.copy(), np.zeros(cells, dtype=np.int64)
    hold = np.where(rng.random(cells) < 0.2, rng.integers(0, days, cells), days).repeat(PLACES)[:cells]
    held, recount = np.zeros(cells, dtype=np.int64), np.zeros(cells, dtype=bool)

    def sheet() -> Ints:
        unavailable = np.stack([reserved, damaged, safety, quality + held])
        available = on_hand - committed - unavailable.sum(axis=0)
        return np.stack([available, committed, deliveries.incoming, on_hand, *unavailable])

    stock = Stock(np.empty((days + 1, len(STATES), cells), dtype=np.int64), stocked, deliveries)
    stock.sheets[0] = sheet()
    for day in range(days):
        arrived = deliveries.receive(day, rng)
        # a parcel leaves only with what is there: what the shelf lacks comes by courier the same morning
        there = np.minimum(true, on_hand) + arrived - reserved - damaged - quality - held
        arrived += deliveries.courier(day, np.maximum(flow.shipped[day] - np.maximum(there, 0), 0))
        change = arrived - flow.shipped[day] + flow.restocked[day]
        committed = committed + flow.ordered[day] - flow.released[day]
        true, on_hand = true + change, on_hand + change

        damaged = damaged + ((rng.random(cells) < 0.0008) & (true - damaged - held > 5))
        scrapped = np.where(rng.random(cells) < 0.03, damaged, 0)
        lost = (rng.random(cells) < 0.004) & (true - damaged - held > 10)
        damaged, on_hand, true = damaged - scrapped, on_hand - scrapped, true - scrapped - lost
        held = np.where(hold == day, np.maximum(sheet()[0], 0), np.where(day >= hold + HOLD_DAYS, 0, held))

        wanted = np.where((day < hold) | (day >= hold + HOLD_DAYS), target, 0)
        gone = _send(rng, day, deliveries, sheet()[0], true - damaged - held, wanted)
        true, on_hand = true - gone, on_hand - gone

        counted = stocked & (recount | (rng.random(cells) < 0.02))
        slip = (rng.random(cells) < 0.1) & ~recount & (true > 8)
        said = np.where(slip, true + rng.choice((-2, -1, 1, 2), cells), true)
        on_hand, recount = np.where(counted, said, on_hand), counted & slip
        right = np.flatnonzero(counted & ~slip)
        stock.audits.append((np.full(len(right), day + 1), right, true[right]))
        stock.sheets[day + 1] = sheet()
    return stock


def _send(
    rng: np.random.Generator, day: int, deliveries: Deliveries, available: Ints, there: Ints, target: Ints
) -> Ints:
    """What is low is ordered for the warehouse and sent on from it; what leaves the warehouse, by cell."""
    at_warehouse = np.arange(len(target)) % PLACES == WAREHOUSE
    on_its_way = available + deliveries.incoming
    short = np.where(on_its_way < target // 2, np.maximum(target - on_its_way, 0), 0)
    slow = np.arange(len(target)) // PLACES % 7 == 3
    for lead, late in ((7, False), (12, True)):
        deliveries.order(day, np.where(at_warehouse & (slow == late), short, 0), lead)
    spare = np.where(at_warehouse, np.maximum(np.minimum(available, there), 0), 0)
    gone = deliveries.transfer(day, np.minimum(np.roll(short, -1) * at_warehouse, spare // 2), SHOP_FLOOR)
    for store in range(len(STORES)):
        if day % 7 == 2 + 2 * store:
            wanted = rng.integers(1, 4, len(target)) * (rng.random(len(target)) < 0.2) * (target > 0)
            gone = gone + deliveries.transfer(day, np.minimum(wanted, spare // 5), OUTSIDE - store)
    return gone


def _flow(orders: Orders, after: Aftersales, stocked: Bools, days: int) -> Flow:
    """An item taken out of an order never left the shelf; one returned for sale comes back where it was handed in."""
    order, place = orders.line_order, after.location[orders.line_order]
    cell, quantity = orders.line_variant * PLACES + place, orders.line_quantity
    real, cells = ~orders.test[order] & stocked[cell], len(stocked)
    gone_at = np.minimum(after.shipped_at, after.cancelled_at)[order]
    edited = (after.trouble[order[after.line_row]] == EDITED) & (after.line_restock == 2)
    taken_out = np.bincount(
        after.line_row[edited], weights=after.line_quantity[edited], minlength=len(quantity)
    ).astype(np.int64)
    went = real & (after.shipped_at[order] < NEVER)
    back = (after.line_restock == 0) & went[after.line_row]
    back_cell = orders.line_variant[after.line_row] * PLACES + after.line_location
    refund_at = after.refund_at[after.line_refund]

    def daily(chosen: Bools, where: Ints, at: Ints, units: Ints) -> Ints:
        return _daily(where[chosen], at[chosen], units[chosen], cells, days)

    released = daily(real, cell, gone_at, quantity - taken_out) + daily(real, cell, after.edited_at[order], taken_out)
    return Flow(
        ordered=daily(real, cell, orders.created_at[order], quantity),
        released=released,
        shipped=daily(went, cell, after.shipped_at[order], quantity - taken_out),
        restocked=daily(back, back_cell, refund_at, after.line_quantity),
        weekly=np.bincount(cell, weights=quantity, minlength=cells) / days * 7,
    )


def closing(row: Ints, cell: Ints) -> Ints:
    """When the level of a cell is written for a row of the sheets: shortly before midnight, the opening earlier."""
    return np.where(row == 0, -3_600, row * DAY - 600 + cell % 500)


def _daily(cell: Ints, at: Ints, quantity: Ints, cells: int, days: int) -> Ints:
    """Units by (day, cell), a day ending when the cell's level is written."""
    day = (at - closing(np.ones_like(cell), cell) + DAY - 1) // DAY
    within = (day >= 0) & (day < days)
    sums = np.bincount(day[within] * cells + cell[within], weights=quantity[within], minlength=days * cells)
    return sums.astype(np.int64).reshape(days, cells)


def inventory_table(catalogue: Catalogue, stock: Stock) -> dict[str, object]:
    """Table shopify_inventory_levels."""
    sheets = stock.sheets
    changed = np.ones(sheets.shape[::2], dtype=bool)
    changed[1:] = (sheets[1:] != sheets[:-1]).any(axis=1)
    changed &= stock.stocked[None, :]
    cell, row = np.nonzero(changed.T)
    at, values = closing(row, cell), sheets[row, :, cell]
    return {
        "inventory_level_id": catalogue.item_id[cell // PLACES] * 10 + cell % PLACES,
        "inventory_item_id": catalogue.item_id[cell // PLACES],
        "location_id": LOCATION_IDS[cell % PLACES],
        "version": np.arange(len(cell)) - np.searchsorted(cell, cell) + 1,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        **{state: values[:, k] for k, state in enumerate(STATES)},
    }


def stock_truth(catalogue: Catalogue, stock: Stock) -> dict[str, object]:
    """The units of table stock of the truth: what was truly there at each moment at which somebody counted right."""
    row, cell, units = (np.concatenate(part) for part in zip(*stock.audits, strict=True))
    return {
        "source_system": take(["shopify"], np.zeros(len(row), np.int64)),
        "location_id": LOCATION_IDS[cell % PLACES],
        "sku": take(catalogue.sku, cell // PLACES),
        "audited_at": stamps(closing(row, cell)),
        "on_hand": units,
    }
