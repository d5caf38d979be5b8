"""Square's catalogue and stock: objects, counts and the changes that lead to them.

The variations carry the SKUs and prices of the online shop. One sample item is deleted in the first month.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.brand.basis import DAY, NEVER
from sandbox.brand.store_orders import SALE
from sandbox.brand.store_stock import SOLD, STATES
from sandbox.brand.store_world import Stores, Table
from sandbox.brand.stores import CODES, PERCENT, STORES
from sandbox.brand.texts import join, masked, stamps, take
from sandbox.brand.versions import number_versions

SAMPLE_DELETED = 12 * DAY + 4_711


def goods_tables(stores: Stores) -> dict[str, Table]:
    """Tables square_catalog, square_inventory_changes and square_inventory_counts."""
    return {
        "square_catalog": _catalog(stores),
        "square_inventory_changes": _changes(stores),
        "square_inventory_counts": _counts(stores),
    }


def _catalog(stores: Stores) -> Table:
    """Items, variations, taxes and discounts in one table, as Square lists them; ``kind`` is the object's type."""
    catalogue, rng = stores.catalogue, stores.basis.rng("square catalog")
    sold = np.flatnonzero(~catalogue.gift_card)
    products = np.unique(catalogue.product[sold])
    counts = (len(products) + 1, len(sold) + 1, len(STORES), len(CODES))
    kind = np.repeat(np.arange(4), counts)
    n = len(kind)
    items, variations = np.flatnonzero(kind == 0), np.flatnonzero(kind == 1)
    created = np.full(n, -400 * DAY)
    created[items[:-1]], created[variations[:-1]] = (
        catalogue.created_at[products],
        catalogue.created_at[catalogue.product[sold]],
    )
    touched = np.maximum(created, -rng.integers(DAY, 60 * DAY, n))
    changed = np.where((kind == 1) & (rng.random(n) < 0.1), rng.integers(0, stores.basis.end, n), NEVER)
    deleted = np.full(n, NEVER)
    sample = [items[-1], variations[-1]]
    deleted[sample], changed[sample] = SAMPLE_DELETED, NEVER
    every = np.arange(n)
    versions = number_versions([(every, touched), (every, changed), (every, deleted)], stores.basis.end)
    row, at = versions.thing, versions.at

    rates = [f"{one.tax_rate / 10_000:g}" for one in STORES]
    names = pa.concat_arrays(
        [
            catalogue.product_title.take(pa.array(products)), pa.array(["Sample card"]),
            catalogue.size.take(pa.array(sold)), pa.array(["OS"]),
            pa.array([f"Sales tax {one.province_code}" for one in STORES]), pa.array(CODES),
        ]
    )  # fmt: skip
    ids = pa.concat_arrays(
        [
            stores.ids("item", np.concatenate([products, [10_000]])),
            stores.ids("variation", np.concatenate([sold, [10_000]])),
            stores.ids("tax", np.arange(len(STORES))),
            stores.ids("discount", np.arange(len(CODES))),
        ]
    )
    item_of = np.full(n, -1)
    item_of[variations] = np.concatenate([catalogue.product[sold], [10_000]])
    sku = (
        [None] * counts[0] + [*catalogue.sku.take(pa.array(sold)).to_pylist(), "SAMPLE-CARD"] + [None] * sum(counts[2:])
    )
    price = np.zeros(n, dtype=np.int64)
    price[variations] = np.concatenate([catalogue.price[sold], [100]])
    percent = [None] * sum(counts[:2]) + rates + [str(one) for one in PERCENT]
    rows = pa.array(row)
    is_variation = kind[row] == 1
    return {
        "object_id": ids.take(rows),
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(np.where(versions.number == 1, created[row], at)),
        "created_at": stamps(created[row]),
        "kind": take(("ITEM", "ITEM_VARIATION", "TAX", "DISCOUNT"), kind[row]),
        "is_deleted": deleted[row] <= at,
        "name": names.take(rows),
        "item_id": stores.ids("item", item_of[row]),
        "sku": pa.array(sku, pa.string()).take(rows),
        "price_cents": masked(price[row], is_variation),
        "percentage": pa.array(percent, pa.string()).take(rows),
        "alert_threshold": masked(np.full(len(row), 2), is_variation & (changed[row] <= at)),
    }


def _changes(stores: Stores) -> Table:
    moves, variants = stores.moves, len(stores.catalogue)
    counted = moves.source < 0
    refund_of = np.full(len(stores.orders), -1)
    goods = np.flatnonzero(stores.payments.refund_goods)
    refund_of[stores.payments.refund_order[goods]] = goods
    order = moves.order
    back = (order >= 0) & (moves.target != SOLD) & (stores.orders.kind[order] != SALE)
    return {
        "change_id": stores.ids("change", np.arange(len(moves))),
        "revealed_at": stamps(moves.recorded_at),
        "kind": take(("ADJUSTMENT", "PHYSICAL_COUNT"), counted.astype(np.int64)),
        "variation_id": stores.ids("variation", moves.cell % variants),
        "location_id": stores.locations(moves.cell // variants),
        "from_state": take(STATES, moves.source),
        "to_state": take(STATES, moves.target),
        "quantity": moves.quantity,
        "occurred_at": stamps(moves.occurred_at),
        "created_at": stamps(moves.recorded_at),
        "transaction_id": stores.ids("order", order),
        "refund_id": stores.ids("refund", np.where(back, refund_of[order], -1)),
        "reference_id": join("shopify-refund-", stores.online_refund),
        "sold_cents": masked(moves.cents, moves.target == SOLD),
        "cost_cents": masked(moves.cents, (moves.source == 0) & ~counted),
    }


def _counts(stores: Stores) -> Table:
    counts, variants = stores.counts, len(stores.catalogue)
    key = counts.cell * len(STATES) + counts.state
    order = np.lexsort((counts.at, key))
    key, at, cell, state = key[order], counts.at[order], counts.cell[order], counts.state[order]
    location, variation = stores.locations(cell // variants), stores.ids("variation", cell % variants)
    return {
        "count_id": join(location, ":", variation, ":", take(STATES, state)),
        "version": np.arange(len(key)) - np.searchsorted(key, key) + 1,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "location_id": location,
        "variation_id": variation,
        "state": take(STATES, state),
        "quantity": counts.quantity[order],
        "calculated_at": stamps(at),
    }
