"""The truth of stock: what lay there when somebody counted right, what no system saw, what was sold beyond it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.brand.basis import DAY, Ints
from sandbox.brand.baskets import Baskets
from sandbox.brand.catalogue import LOCATION_IDS, Catalogue
from sandbox.brand.inventory import PLACES, STATES, Events, Stock, closing
from sandbox.brand.orders import Orders
from sandbox.brand.stock_mess import Happened
from sandbox.brand.store_stock import NONE, WASTE, Moves
from sandbox.brand.store_world import Stores
from sandbox.brand.texts import digits, stamps, take

Table = dict[str, object]


def stock_truth(catalogue: Catalogue, stock: Stock) -> Table:
    """The online shop's part of table ``stock``: what was there at each moment at which somebody counted right."""
    row, cell, units = (np.concatenate(part) for part in zip(*stock.audits, strict=True))
    return _cells(catalogue, cell) | {"audited_at": stamps(closing(row, cell)), "on_hand": units}


def losses_truth(catalogue: Catalogue, stock: Stock) -> Table:
    """The online shop's part of table ``stock_losses``.

    ``quantity``: units that turned up, below zero that were lost; of ``miscounts`` counted beyond what was there.
    """
    mess = stock.mess
    parts = [(1, mess.slipped, "miscounts"), (-1, mess.stolen, "theft"), (-1, mess.scrapped, "breakage")]
    found = [(sign, name, *_joined(happened)) for sign, happened, name in parts]
    names = [name for _, name, _, cell, _ in found for _ in range(len(cell))]
    day, cell = (np.concatenate([one[k] for one in found]) for k in (2, 3))
    return _cells(catalogue, cell) | {
        "happened_at": stamps((day + 1) * DAY - 1_000),
        "scenario": pa.array(names, pa.string()),
        "quantity": np.concatenate([sign * units for sign, _, _, _, units in found]),
    }


def store_losses_truth(stores: Stores) -> Table:
    """The stores' part of table ``stock_losses``: what went or came at night and no till knows."""
    unseen: Moves = stores.unseen
    store, variant = np.divmod(unseen.cell, len(stores.catalogue))
    return {
        "source_system": take(["square"], np.zeros(len(unseen), np.int64)),
        "location_id": stores.locations(store),
        "sku": stores.catalogue.sku.take(pa.array(variant)),
        "happened_at": stamps(unseen.occurred_at),
        "scenario": take(("stray_pieces", "theft"), (unseen.target == WASTE).astype(np.int64)),
        "quantity": np.where(unseen.source == NONE, unseen.quantity, -unseen.quantity),
    }


def oversells_truth(orders: Orders, catalogue: Catalogue, stock: Stock) -> Table:
    """Table ``oversells``: order lines for more units than the shop's own system had available at the moment.

    What it had is the level as it was written last and every document since, those of the same second too.
    """
    flow, documents = stock.flow, stock.deliveries.documents
    changes = flow.freed
    for one in documents:
        if one.destination >= 0:
            changes = changes.and_(Events(one.cells, np.full(len(one.cells), one.received_at), one.units - one.refused))
        if one.origin >= 0:
            origin = one.cells - max(one.destination, 0) + one.origin
            changes = changes.and_(Events(origin, np.full(len(origin), one.shipped_at), -one.units))
    asked = flow.asked
    known = asked.at < closing(np.full(len(asked.at), len(stock.sheets)), asked.cell)
    cell, quantity, at = asked.cell[known], asked.units[known], asked.at[known]
    row = np.maximum((at - closing(np.ones_like(cell), cell) + DAY - 1) // DAY, 0)
    before = (
        stock.sheets[row, STATES.index("available"), cell]
        + _between(changes, cell, closing(row, cell), at)
        - _ordered_between(cell, quantity, closing(row, cell), at)
    )
    over = np.flatnonzero(before < quantity)
    return _cells(catalogue, cell[over]) | {
        "order_id": digits(orders.order_id[asked.order[known][over]]),
        "order_line_id": digits(asked.line_id[known][over]),
        "ordered_at": stamps(at[over]),
        "quantity": quantity[over],
        "available_before": before[over],
    }


def lost_sales_truth(catalogue: Catalogue, baskets: Baskets, orders: Orders, started_at: Ints) -> Table:
    """Table ``lost_sales``: units that somebody would have ordered had the item been for sale, a row per order line."""
    order = orders.of_visit[baskets.line_visit]
    line = np.flatnonzero((baskets.line_missed >= 0) & (order >= 0) & ~orders.test[order])
    return {
        "source_system": take(["shopify"], np.zeros(len(line), np.int64)),
        "sku": take(catalogue.sku, baskets.line_missed[line]),
        "wanted_at": stamps(started_at[baskets.line_visit[line]]),
        "quantity": baskets.line_quantity[line],
    }


def _between(events: Events, cell: Ints, since: Ints, until: Ints) -> Ints:
    """Units of a cell's events after ``since`` and up to ``until``."""
    span = np.int64(1) << np.int64(34)
    key = events.cell * span + np.minimum(np.maximum(events.at, 0), span - 1)
    order = np.argsort(key, kind="stable")
    running = np.concatenate([[0], np.cumsum(events.units[order])])
    upto, before = (np.searchsorted(key[order], cell * span + np.maximum(at, 0), side="right") for at in (until, since))
    return running[upto] - running[before]


def _ordered_between(cell: Ints, quantity: Ints, since: Ints, until: Ints) -> Ints:
    """Units that earlier order lines of the cell asked for after ``since``; lines are given by time."""
    order = np.lexsort((np.arange(len(cell)), until, cell))
    ahead = np.empty(len(cell), dtype=np.int64)
    running = np.cumsum(quantity[order])
    ahead[order] = running - quantity[order]
    span = np.int64(1) << np.int64(34)
    key = (cell * span + until)[order]
    first = np.searchsorted(key, cell * span + np.maximum(since, 0), side="right")
    return ahead - np.concatenate([[0], running])[first]


def _joined(happened: list[Happened]) -> tuple[Ints, Ints, Ints]:
    """Day, cell and units of all."""
    days = np.concatenate([np.full(len(cells), day) for day, cells, _ in happened])
    cells, units = (np.concatenate([one[k] for one in happened]) for k in (1, 2))
    return days, cells, units


def _cells(catalogue: Catalogue, cell: Ints) -> Table:
    return {
        "source_system": take(["shopify"], np.zeros(len(cell), np.int64)),
        "location_id": LOCATION_IDS[cell % PLACES],
        "sku": take(catalogue.sku, cell // PLACES),
    }
