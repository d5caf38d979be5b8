"""Stock by item, location and day: what was sold leaves, what is low is ordered again and arrives a week later.

Each row's states add up: on_hand = available + committed + reserved + damaged + safety_stock + quality_control. A level
gets a new version at the end of each day on which it changed.
"""

from __future__ import annotations

import numpy as np

from sandbox.brand.aftersales import Aftersales
from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Ints
from sandbox.brand.catalogue import LOCATION_IDS, WAREHOUSE, Catalogue
from sandbox.brand.orders import Orders
from sandbox.brand.texts import stamps

STATES = ("available", "committed", "incoming", "on_hand", "reserved", "damaged", "safety_stock", "quality_control")
LEAD_DAYS = 7


def inventory_table(basis: Basis, catalogue: Catalogue, orders: Orders, after: Aftersales) -> dict[str, object]:
    """Table shopify_inventory_levels."""
    rng = basis.rng("inventory")
    variants, places, days = len(catalogue), len(LOCATION_IDS), basis.span_days
    cells = variants * places
    stocked = ~catalogue.gift_card[np.arange(cells) // places]
    place = np.arange(cells) % places

    line_cell = orders.line_variant * places + after.location[orders.line_order]
    real = ~orders.test[orders.line_order]
    placed = orders.created_at[orders.line_order]
    gone = np.minimum(after.shipped_at, after.cancelled_at)[orders.line_order]
    ordered = _daily(line_cell[real], placed[real], orders.line_quantity[real], cells, days)
    released = _daily(line_cell[real], gone[real], orders.line_quantity[real], cells, days)
    went = real & (after.shipped_at[orders.line_order] < NEVER)
    shipped = _daily(
        line_cell[went], after.shipped_at[orders.line_order][went], orders.line_quantity[went], cells, days
    )
    # an item taken out of an order before it shipped never left the shelf; one returned for sale comes back
    comes_back = (after.line_restock != 1) & went[after.line_row]
    back = after.line_row[comes_back]
    restocked = _daily(
        line_cell[back], np.maximum(after.refund_at[after.line_refund], 0)[comes_back],
        after.line_quantity[comes_back], cells, days,
    )  # fmt: skip

    # stock is set up for what sells: about three weeks of demand, the shop floor gets a part
    weekly = np.bincount(line_cell, weights=orders.line_quantity, minlength=cells) / days * 7
    target = np.where(stocked, np.ceil(weekly * 3).astype(np.int64) + np.where(place == WAREHOUSE, 12, 4), 0)
    on_hand = target + rng.integers(0, 6, cells) * stocked
    reserved, damaged, quality = (rng.poisson(rate, cells) * stocked for rate in (0.15, 0.25, 0.1))
    safety = np.where(stocked & (place == WAREHOUSE), 2, 0)
    on_hand = on_hand + reserved + damaged + quality + safety
    arrivals = np.zeros((days + LEAD_DAYS + 6, cells), dtype=np.int64)
    incoming, committed = np.zeros(cells, dtype=np.int64), np.zeros(cells, dtype=np.int64)
    slow = rng.random(cells) < 0.15
    sheets = np.empty((days + 1, len(STATES), cells), dtype=np.int64)
    for day in range(-1, days):
        if day >= 0:
            on_hand = on_hand - shipped[day] + restocked[day] + arrivals[day]
            incoming = incoming - arrivals[day]
            committed = committed + ordered[day] - released[day]
            crack = (rng.random(cells) < 0.0008) & (on_hand > 5)
            damaged = damaged + crack
        available = on_hand - committed - reserved - damaged - safety - quality
        low = stocked & (available + incoming < target // 2) & (day >= 0)
        wanted = np.where(low, target - available - incoming, 0)
        arrivals[day + LEAD_DAYS, ~slow] += wanted[~slow]
        arrivals[day + LEAD_DAYS + 5, slow] += wanted[slow]
        incoming = incoming + wanted
        sheets[day + 1] = np.stack([available, committed, incoming, on_hand, reserved, damaged, safety, quality])
    return _versions(catalogue, sheets, stocked, places)


def _daily(cell: Ints, at: Ints, quantity: Ints, cells: int, days: int) -> Ints:
    """Units by (day, cell)."""
    within = (at >= 0) & (at < days * DAY)
    key = at[within] // DAY * cells + cell[within]
    sums = np.bincount(key, weights=quantity[within], minlength=days * cells)
    return sums.astype(np.int64).reshape(days, cells)


def _versions(catalogue: Catalogue, sheets: Ints, stocked: Bools, places: int) -> dict[str, object]:
    changed = np.ones(sheets.shape[::2], dtype=bool)
    changed[1:] = (sheets[1:] != sheets[:-1]).any(axis=1)
    changed &= stocked[None, :]
    cell, row = np.nonzero(changed.T)
    number = np.arange(len(cell)) - np.searchsorted(cell, cell) + 1
    at = np.where(row == 0, -3_600, row * DAY - 600 + cell % 500)
    values = sheets[row, :, cell]
    return {
        "inventory_level_id": catalogue.item_id[cell // places] * 10 + cell % places,
        "inventory_item_id": catalogue.item_id[cell // places],
        "location_id": LOCATION_IDS[cell % places],
        "version": number,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        **{state: values[:, k] for k, state in enumerate(STATES)},
    }
