"""Draft orders, and the goods that they reserve: put aside in the shop until a moment, fetched or forgotten.

A draft becomes an order when it is paid. Shopify gives back what nobody came for by itself when the time is over, and
says so nowhere: the draft stays as it was. Who comes later than that buys what is then on the shelf.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.brand.basis import DAY, NEVER, Basis, Ints
from sandbox.brand.catalogue import LOCATION_IDS, LOCATION_NAMES, SHOP_FLOOR, Catalogue
from sandbox.brand.order_kinds import HELD_FOR
from sandbox.brand.orders import Orders, sum_by
from sandbox.brand.stock_mess import is_held_back
from sandbox.brand.texts import digits, join, masked, stamps, take
from sandbox.brand.versions import number_versions

Table = dict[str, object]


@dataclass
class Drafts:
    """One entry a draft order, by the time it was made; then their lines."""

    created_at: Ints
    until: Ints
    """NEVER where nothing is reserved."""
    completed_at: Ints
    order: Ints
    """Row of the order that it became, -1 for none."""
    line_draft: Ints
    line_variant: Ints
    line_quantity: Ints

    @property
    def ended_at(self) -> Ints:
        """When the reservation ended: paid for, or out of time."""
        return np.minimum(self.until, self.completed_at)

    @property
    def holding(self) -> Ints:
        """The lines that reserve something."""
        return np.flatnonzero(self.until[self.line_draft] < NEVER)


def make_drafts(basis: Basis, orders: Orders, catalogue: Catalogue) -> Drafts:
    """Drafts of the orders that staff wrote, and those that nobody ever paid."""
    rng = basis.rng("drafts")
    written = np.flatnonzero(orders.draft)
    held_at = orders.held_at[written]
    created = np.where(held_at < NEVER, held_at, orders.created_at[written] - rng.integers(600, 7_200, len(written)))
    lines = np.flatnonzero(orders.draft[orders.line_order])

    rng = basis.rng("expired_holds")
    forgotten = int((rng.random(len(orders)) < basis.share("expired_holds")).sum())
    made = rng.integers(1, basis.span_days, forgotten) * DAY + rng.integers(9 * 3_600, 19 * 3_600, forgotten)
    owner = np.repeat(np.arange(forgotten), 1 + (rng.random(forgotten) < 0.25))
    wanted = rng.choice(len(catalogue), len(owner), p=catalogue.popularity)
    units = 1 + (rng.random(len(owner)) < 0.1).astype(np.int64)
    back = is_held_back(basis, catalogue, wanted, made[owner]) | catalogue.gift_card[wanted]
    _, first = np.unique(np.where(back, -1, owner * len(catalogue) + wanted), return_index=True)
    first = first[~back[first]]
    made, owner = made[np.unique(owner[first])], np.unique(owner[first], return_inverse=True)[1]
    wanted, units, forgotten = wanted[first], units[first], len(made)

    created = np.concatenate([created, made])
    by_time = np.argsort(created, kind="stable")
    place = np.empty(len(created), dtype=np.int64)
    place[by_time] = np.arange(len(created))
    line_draft = place[np.concatenate([np.searchsorted(written, orders.line_order[lines]), len(written) + owner])]
    until = np.concatenate([np.where(held_at < NEVER, held_at + HELD_FOR, NEVER), made + HELD_FOR])
    nobody = np.full(forgotten, NEVER)
    by_draft = np.argsort(line_draft, kind="stable")
    return Drafts(
        created_at=created[by_time],
        until=until[by_time],
        completed_at=np.concatenate([orders.created_at[written], nobody])[by_time],
        order=np.concatenate([written, np.full(forgotten, -1)])[by_time],
        line_draft=line_draft[by_draft],
        line_variant=np.concatenate([orders.line_variant[lines], wanted])[by_draft],
        line_quantity=np.concatenate([orders.line_quantity[lines], units])[by_draft],
    )


def _ids(basis: Basis, drafts: Drafts) -> tuple[Ints, Ints]:
    """Ids of drafts and of their lines."""
    rng = basis.rng("draft ids")
    draft = 1_200_000_000_000 + np.cumsum(rng.integers(2_000, 90_000, len(drafts.created_at)))
    return draft, 58_000_000_000_000 + np.cumsum(rng.integers(300, 40_000, len(drafts.line_draft)))


def draft_tables(basis: Basis, orders: Orders, catalogue: Catalogue, drafts: Drafts) -> dict[str, Table]:
    """Tables shopify_draft_orders, in versions (made, paid), and shopify_draft_order_lines."""
    draft_id, line_id = _ids(basis, drafts)
    every = np.arange(len(draft_id))
    versions = number_versions([(every, drafts.created_at), (every, drafts.completed_at)], basis.end)
    row, at = versions.thing, versions.at
    paid, reserves = drafts.completed_at[row] <= at, drafts.until[row] < NEVER
    owner, variant = drafts.line_draft, drafts.line_variant
    charged_at = np.where(drafts.completed_at < NEVER, drafts.completed_at, drafts.created_at)[owner]
    price = catalogue.price_at(variant, charged_at)
    total = sum_by(owner, price * drafts.line_quantity, len(draft_id))
    of_order = orders.order_id[np.maximum(drafts.order[row], 0)]
    return {
        "shopify_draft_orders": {
            "draft_order_id": draft_id[row],
            "version": versions.number,
            "created_at": stamps(drafts.created_at[row]),
            "updated_at": stamps(at),
            "revealed_at": stamps(at),
            "name": join("#D", digits(row + 1)),
            "status": take(("OPEN", "COMPLETED"), paid.astype(np.int64)),
            "completed_at": stamps(drafts.completed_at[row], paid),
            "reserve_until": stamps(drafts.until[row]),
            "order_id": masked(of_order, paid),
            "pickup_name": take(LOCATION_NAMES, np.where(reserves, SHOP_FLOOR, -1)),
            "total_cents": total[row],
        },
        "shopify_draft_order_lines": {
            "draft_order_line_id": line_id,
            "draft_order_id": draft_id[owner],
            "revealed_at": stamps(drafts.created_at[owner]),
            "variant_id": catalogue.variant_id[variant],
            "quantity": drafts.line_quantity,
            "unit_price_cents": price,
        },
    }


def reservations_truth(basis: Basis, orders: Orders, catalogue: Catalogue, drafts: Drafts) -> Table:
    """Table ``reservations``: a row per line that reserves something, with how and when that ends.

    ``ended_by``: converted, or expired although a late shopper may have bought the same goods (``order_id``).
    """
    line = drafts.holding
    owner = drafts.line_draft[line]
    order = drafts.order[owner]
    expired = (drafts.until <= drafts.completed_at)[owner]
    return {
        "scenario": take(("store_holds", "expired_holds"), (order < 0).astype(np.int64)),
        "source_system": take(["shopify"], np.zeros(len(line), np.int64)),
        "reservation_id": digits(_ids(basis, drafts)[1][line]),
        "location_id": digits(np.full(len(line), LOCATION_IDS[SHOP_FLOOR])),
        "sku": catalogue.sku.take(pa.array(drafts.line_variant[line])),
        "quantity": drafts.line_quantity[line],
        "placed_at": stamps(drafts.created_at[owner]),
        "expires_at": stamps(drafts.until[owner]),
        "ended_at": stamps(drafts.ended_at[owner]),
        "ended_by": take(("converted", "expired"), expired.astype(np.int64)),
        "ordered_at": stamps(drafts.completed_at[owner]),
        "order_id": take(digits(orders.order_id), order),
    }
