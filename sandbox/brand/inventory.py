"""Stock by item, location and day, with every reason why it moves.

Goods reach the warehouse from suppliers, some of them slow; the warehouse fills up Harbor Street, and the two stores
whose tills are not Shopify's. Parcels leave, returns come back - some over Harbor Street's counter although the
warehouse had sent them. A courier brings what would be missing. What goes wrong is ``StockMess``: pieces stolen,
broken, miscounted, booked late; items ordered again too late; items held back, which are there and can't be bought.
What the system says and what is truly there are kept apart: ``audits`` are the moments when a count made both equal.

Each row's states add up: on_hand = available + committed + reserved + damaged + safety_stock + quality_control. A level
gets a new version at the end of each day on which anything happened to it, and holds what did up to that very second.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sandbox.brand.additions import Additions
from sandbox.brand.aftersales import EDITED, Aftersales
from sandbox.brand.basis import DAY, NEVER, Basis, Bools, Floats, Ints
from sandbox.brand.catalogue import LOCATION_IDS, SHOP_FLOOR, WAREHOUSE, Catalogue
from sandbox.brand.deliveries import OUTSIDE, STORES, Deliveries
from sandbox.brand.holds import Drafts
from sandbox.brand.orders import Orders
from sandbox.brand.stock_mess import StockMess
from sandbox.brand.texts import stamps, uniform

STATES = ("available", "committed", "incoming", "on_hand", "reserved", "damaged", "safety_stock", "quality_control")
PLACES = len(LOCATION_IDS)
MARGIN = np.array([3, 1])
"""By place, pieces beyond what is sure to be ordered that a courier brings, lest a count or a broken piece take one."""


@dataclass
class Stock:
    """Levels by day, state and cell (item x location); row 0 is the opening. ``audits`` are (row, cell, units)."""

    sheets: Ints
    stocked: Bools
    deliveries: Deliveries
    mess: StockMess
    flow: Flow
    moved: Bools
    """By (day, cell), whether anything happened: what nets to nothing is written down too."""
    audits: list[tuple[Ints, Ints, Ints]] = field(default_factory=list)


@dataclass
class Events:
    """Units at a moment, by cell."""

    cell: Ints
    at: Ints
    units: Ints

    def and_(self, other: Events) -> Events:
        pairs = zip((self.cell, self.at, self.units), (other.cell, other.at, other.units), strict=True)
        return Events(*(np.concatenate(pair) for pair in pairs))

    def daily(self, cells: int, days: int) -> Ints:
        """Units by (day, cell), a day ending when the cell's level is written."""
        day = (self.at - closing(np.ones_like(self.cell), self.cell) + DAY - 1) // DAY
        within = (day >= 0) & (day < days)
        key = day[within] * cells + self.cell[within]
        sums = np.bincount(key, weights=self.units[within], minlength=days * cells)
        return sums.astype(np.int64).reshape(days, cells)


@dataclass
class Asked:
    """The lines of orders that ask for stock, by when they do."""

    order: Ints
    line_id: Ints
    cell: Ints
    at: Ints
    units: Ints


@dataclass
class Flow:
    """Units by day and cell that orders ask for, release again and take away, that returns bring back, that are put
    aside for somebody and are so no longer.
    """

    ordered: Ints
    released: Ints
    shipped: Ints
    restocked: Ints
    weekly: Floats
    asked: Asked
    reserved: Ints
    unreserved: Ints
    freed: Events
    """What makes units available again: given up before they left, brought back, put aside no longer; below zero,
    put aside."""

    def busy(self, day: int) -> Ints:
        """Units that moved or were asked for on a day, by cell."""
        asked = self.ordered[day] + self.released[day] + self.reserved[day] + self.unreserved[day]
        return asked + self.shipped[day] + self.restocked[day]

    def wanted(self, day: int) -> Ints:
        """Units that must be there to be ordered, or put aside, on a day."""
        return self.ordered[day] + self.reserved[day]

    def target(self, stocked: Bools, late: Bools) -> Ints:
        """Stock is set up for what sells: about three weeks of demand; the warehouse also feeds the shops."""
        at_warehouse = np.arange(len(stocked)) % PLACES == WAREHOUSE
        demand = np.where(at_warehouse, self.weekly + np.roll(self.weekly, -1) + 1, self.weekly)
        least = np.where(late, 1, np.where(at_warehouse, 12, 4))
        return np.where(stocked, np.ceil(demand * 3).astype(np.int64) + least, 0)


def make_stock(
    basis: Basis, catalogue: Catalogue, orders: Orders, after: Aftersales, additions: Additions, drafts: Drafts
) -> Stock:
    """Live through the days: deliveries, sales, returns, breakage, loss, counts, and what is ordered again."""
    rng, cells, days = basis.rng("inventory"), len(catalogue) * PLACES, basis.span_days
    stocked = ~catalogue.gift_card[np.arange(cells) // PLACES]
    flow = _flow(orders, after, additions, drafts, stocked, days)
    deliveries, mess = Deliveries(basis, cells), StockMess.draw(basis, catalogue, PLACES)

    target = flow.target(stocked, mess.late)
    reserved, damaged, quality = (rng.poisson(rate, cells) * stocked for rate in (0.15, 0.25, 0.1))
    safety = np.where(stocked & (np.arange(cells) % PLACES == WAREHOUSE), 2, 0)
    on_hand = target + rng.integers(0, 6, cells) * stocked + reserved + damaged + quality + safety
    true, committed, held, booked = on_hand.copy(), *np.zeros((3, cells), dtype=np.int64)
    recount = np.zeros(cells, dtype=bool)
    stealing, breaking, slipping = (basis.rng(name) for name in ("theft days", "breakage days", "miscount days"))

    def sheet() -> Ints:
        unavailable = np.stack([reserved, damaged, safety, quality + held])
        available = on_hand - committed - unavailable.sum(axis=0)
        return np.stack([available, committed, deliveries.incoming, on_hand, *unavailable])

    sheets, moves = np.empty((days + 1, len(STATES), cells), dtype=np.int64), np.ones((days + 1, cells), dtype=bool)
    stock = Stock(sheets, stocked, deliveries, mess, flow, moves)
    stock.sheets[0] = sheet()
    for day in range(days):
        # what came yesterday and is booked today lies there already
        true, reserved = true - booked, reserved + flow.reserved[day] - flow.unreserved[day]
        arrived = deliveries.receive(day)
        # who is not late orders a courier for what is sure to be ordered until the next one comes
        sure = flow.wanted(day) + flow.wanted(min(day + 1, days - 1))
        missing = np.maximum(sure + np.tile(MARGIN, cells // PLACES) - sheet()[0], 0)
        arrived += deliveries.courier(day, missing * ((sure > 0) & stocked & ~mess.late))
        # a parcel leaves only with what is there: what the shelf lacks comes by courier the same morning
        there = np.minimum(true, on_hand) + arrived - reserved - damaged - quality - held
        lacking = np.maximum(flow.shipped[day] - np.maximum(there, 0), 0)
        booked = np.where(mess.booked_late & (day < days - 1), lacking, 0)
        arrived += deliveries.courier(day, lacking - booked)
        deliveries.courier(day, booked, booked_after=1)
        change = arrived - flow.shipped[day] + flow.restocked[day]
        committed = committed + flow.ordered[day] - flow.released[day]
        true, on_hand = true + change + booked, on_hand + change

        scrapped = np.where((breaking.random(cells) < 0.03) & (mess.breakage > 0), damaged, 0)
        broken = (breaking.random(cells) < mess.breakage) & stocked & (true - damaged - held > 5)
        stolen = (stealing.random(cells) < mess.theft) & stocked & (true - damaged - held > 10)
        mess.stolen.append((day, np.flatnonzero(stolen), stolen[stolen].astype(np.int64)))
        mess.scrapped.append((day, np.flatnonzero(scrapped), scrapped[scrapped > 0]))
        damaged, on_hand, true = damaged - scrapped + broken, on_hand - scrapped, true - scrapped - stolen
        held = np.where(mess.is_held(day), held + np.maximum(sheet()[0], 0), 0)

        wanted = np.where(mess.is_held(day), 0, target)
        gone = _send(basis, rng, day, deliveries, sheet()[0], true - damaged - held, wanted, mess.late)
        true, on_hand = true - gone, on_hand - gone

        counted = stocked & (recount | (rng.random(cells) < 0.02)) & (booked == 0)
        slip = (slipping.random(cells) < mess.miscounts) & counted & ~recount & (true > 8)
        said = np.where(slip, true + slipping.choice((-2, -1, 1, 2), cells), true)
        moved = abs(arrived) + flow.busy(day) + scrapped + broken + gone + (counted & (said != on_hand))
        on_hand, recount = np.where(counted, said, on_hand), slip | (recount & ~counted)
        mess.slipped.append((day, np.flatnonzero(slip), (said - true)[slip]))
        right = np.flatnonzero(counted & ~slip)
        stock.audits.append((np.full(len(right), day + 1), right, true[right]))
        stock.sheets[day + 1], stock.moved[day + 1] = sheet(), moved > 0
    return stock


def _send(
    basis: Basis,
    rng: np.random.Generator,
    day: int,
    deliveries: Deliveries,
    available: Ints,
    there: Ints,
    target: Ints,
    late: Bools,
) -> Ints:
    """Order what is low (``late``: gone) for the warehouse and send on from it. Returns what leaves it, by cell."""
    cells = np.arange(len(target))
    at_warehouse, stores_share = cells % PLACES == WAREHOUSE, basis.share("store_transfers")

    def chosen(scenario: str) -> Bools:
        return uniform(cells + day * len(cells), basis.salt(scenario)) < basis.share(scenario)

    on_its_way = available + deliveries.incoming
    short = np.where(on_its_way < np.where(late, 1, target // 2), np.maximum(target - on_its_way, 0), 0)
    slow = cells // PLACES % 7 == 3
    for lead, slowly in ((7, False), (12, True)):
        deliveries.order(day, short * (at_warehouse & (slow == slowly) & chosen("purchase_orders")), lead)
    spare = np.where(at_warehouse, np.maximum(np.minimum(available, there), 0), 0)
    lacking = np.roll(short, -1) * (at_warehouse & chosen("floor_transfers"))
    gone = deliveries.transfer(day, np.minimum(lacking, spare // 2), SHOP_FLOOR)
    for store in range(len(STORES)):
        if day % 7 == 2 + 2 * store:
            wanted = rng.integers(1, 4, len(target)) * (rng.random(len(target)) < stores_share) * (target > 0)
            gone = gone + deliveries.transfer(day, np.minimum(wanted, spare // 5), OUTSIDE - store)
    return gone


def _flow(orders: Orders, after: Aftersales, additions: Additions, drafts: Drafts, stocked: Bools, days: int) -> Flow:
    """An item taken out of an order never left the shelf; one returned for sale comes back where it was handed in."""
    order, place = orders.line_order, after.location[orders.line_order]
    cell, quantity = orders.line_variant * PLACES + place, orders.line_quantity
    real, cells = ~orders.test[order] & stocked[cell], len(stocked)
    edited = (after.trouble[order[after.line_row]] == EDITED) & (after.line_restock == 2)
    taken_out = np.bincount(
        after.line_row[edited], weights=after.line_quantity[edited], minlength=len(quantity)
    ).astype(np.int64)
    went = real & (after.shipped_at[order] < NEVER)
    back = (after.line_restock == 0) & went[after.line_row]
    left = quantity - taken_out

    def some(chosen: Bools, where: Ints, at: Ints, units: Ints) -> Events:
        return Events(where[chosen], at[chosen], units[chosen])

    # gift cards are never put in later
    put_in_cell = additions.variant * PLACES + additions.location
    put_in = Events(put_in_cell, additions.added_at, additions.quantity)
    sent_too = Events(put_in_cell, additions.sent_at, additions.quantity)
    ordered = some(real, cell, orders.created_at[order], quantity).and_(put_in)
    shipped = some(went, cell, after.shipped_at[order], left).and_(sent_too)
    line_id = np.concatenate([orders.line_id[real], additions.line_id])
    by_time = np.argsort(ordered.at, kind="stable")
    edited_out = some(real, cell, after.edited_at[order], taken_out)
    given_up = some(real, cell, after.cancelled_at[order], left).and_(edited_out)
    back_cell = orders.line_variant[after.line_row] * PLACES + after.line_location
    restocked = some(back, back_cell, after.refund_at[after.line_refund], after.line_quantity)
    aside, owner = drafts.holding, drafts.line_draft[drafts.holding]
    aside_cell, units = drafts.line_variant[aside] * PLACES + SHOP_FLOOR, drafts.line_quantity[aside]
    reserved = Events(aside_cell, drafts.created_at[owner], units)
    unreserved = Events(aside_cell, drafts.ended_at[owner], units)
    return Flow(
        ordered=ordered.daily(cells, days),
        released=given_up.daily(cells, days) + shipped.daily(cells, days),
        shipped=shipped.daily(cells, days),
        restocked=restocked.daily(cells, days),
        reserved=reserved.daily(cells, days),
        unreserved=unreserved.daily(cells, days),
        weekly=np.bincount(cell, weights=quantity, minlength=cells) / days * 7,
        asked=Asked(
            order=np.concatenate([order[real], additions.order])[by_time],
            line_id=line_id[by_time],
            cell=ordered.cell[by_time],
            at=ordered.at[by_time],
            units=ordered.units[by_time],
        ),
        freed=given_up.and_(restocked).and_(unreserved).and_(Events(aside_cell, reserved.at, -units)),
    )


def closing(row: Ints, cell: Ints) -> Ints:
    """When the level of a cell is written for a row of the sheets: shortly before midnight, the opening earlier."""
    return np.where(row == 0, -3_600, row * DAY - 600 + cell % 500)


def inventory_table(catalogue: Catalogue, stock: Stock) -> dict[str, object]:
    """Table shopify_inventory_levels."""
    sheets = stock.sheets
    changed = np.ones(sheets.shape[::2], dtype=bool)
    changed[1:] = (sheets[1:] != sheets[:-1]).any(axis=1) | stock.moved[1:]
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
