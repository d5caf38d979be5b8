"""What each scenario of orders touched: table ``order_scenarios``, a row per scenario and order of a vendor."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.brand.aftersales import CANCELLED, EDITED, FRAUD, GOODWILL, RETURNED
from sandbox.brand.basis import Bools, Ints
from sandbox.brand.catalogue import SHOP_FLOOR, WAREHOUSE
from sandbox.brand.orders import sum_by
from sandbox.brand.shop import Shop
from sandbox.brand.store_orders import CANCELED, EXCHANGE, LATE, RETURN, UNLINKED
from sandbox.brand.store_world import Stores
from sandbox.brand.texts import digits, stamps, take

Table = dict[str, object]


def order_truth(shop: Shop, stores: Stores) -> dict[str, Table]:
    """``happened_at`` is when the vendor's documents first show it. Test orders are in ``test_orders`` alone."""
    online = _online(shop)
    tills = _tills(stores)
    ids = digits(shop.orders.order_id)
    parts = [(name, "shopify", ids.take(pa.array(rows)), at) for name, (rows, at) in online.items()]
    parts += [(name, "square", stores.ids("order", rows), at) for name, (rows, at) in tills.items()]
    return {
        "order_scenarios": {
            "scenario": take([one[0] for one in parts], _number(parts)),
            "source_system": take([one[1] for one in parts], _number(parts)),
            "order_id": pa.chunked_array([one[2] for one in parts], pa.string()),
            "happened_at": stamps(np.concatenate([one[3] for one in parts])),
        }
    }


def _number(parts: list[tuple[str, str, pa.Array, Ints]]) -> Ints:
    return np.repeat(np.arange(len(parts)), [len(one[3]) for one in parts])


def _online(shop: Shop) -> dict[str, tuple[Ints, Ints]]:
    orders, after, end = shop.orders, shop.after, shop.basis.end
    kinds, created, n = orders.kinds, orders.created_at, len(orders)
    first_refund = np.full(n, end)
    np.minimum.at(first_refund, after.refund_order, after.refund_at)
    line_order = after.refund_order[after.line_refund]
    # what the shop itself had sent comes back to it by parcel too; what was fetched there, or sent by others, does not
    not_sent = (after.location == WAREHOUSE) | kinds.pickup
    brought = (after.line_location == SHOP_FLOOR) & (after.line_restock == 0) & not_sent[line_order]
    brought_at = np.full(n, end)
    np.minimum.at(brought_at, line_order[brought], after.refund_at[after.line_refund][brought])
    units = sum_by(orders.line_order, orders.line_quantity, n)
    back = sum_by(orders.line_order[after.line_row], after.line_quantity, n)
    sent = after.shipped_at < end
    added_at, exchanged_at = (shop.additions.since(n, np.int64(end), exchanges=one) for one in (False, True))
    found: dict[str, tuple[Bools, Ints]] = {
        "test_orders": (orders.test, created),
        "draft_orders": (orders.draft, created),
        "tax_included": (kinds.tax_included, created),
        "other_currencies": (kinds.currency > 0, created),
        "gift_card_payments": (orders.gift_paid > 0, created),
        "store_pickups": (kinds.pickup & sent, after.shipped_at),
        "ship_from_store": (kinds.from_store & sent, after.shipped_at),
        "split_shipments": (after.split, after.shipped_at),
        "cancellations": (after.trouble == CANCELLED, after.cancelled_at),
        "fraudulent_orders": (after.cancel_reason == FRAUD, after.cancelled_at),
        "order_edits": (after.trouble == EDITED, after.edited_at),
        "order_additions": (added_at < end, added_at),
        "returns": (after.trouble == RETURNED, first_refund),
        "partial_refunds": ((after.trouble == RETURNED) & (back < units), first_refund),
        "cross_channel_returns": (brought_at < end, brought_at),
        "exchanges": (exchanged_at < end, exchanged_at),
        "goodwill_refunds": (after.trouble == GOODWILL, first_refund),
    }
    rows = {name: np.flatnonzero(here & (at < end)) for name, (here, at) in found.items()}
    return {name: (rows[name], at[rows[name]]) for name, (_, at) in found.items()}


def _tills(stores: Stores) -> dict[str, tuple[Ints, Ints]]:
    orders, payments, end = stores.orders, stores.payments, stores.basis.end
    soothed_at = np.full(len(orders), end)
    soothed_at[payments.refund_order[~payments.refund_goods]] = payments.refund_at[~payments.refund_goods]
    found: dict[str, tuple[Bools, Ints]] = {
        "till_returns": (orders.kind == RETURN, orders.created_at),
        "till_exchanges": (orders.kind == EXCHANGE, orders.created_at),
        "till_returns_without_receipt": (orders.kind == UNLINKED, orders.created_at),
        "till_goodwill": (soothed_at < end, soothed_at),
        "offline_sales": (orders.offline, orders.created_at),
        "late_payments": (orders.state == LATE, orders.closed_at),
        "voided_sales": (orders.state == CANCELED, orders.closed_at),
    }
    rows = {name: np.flatnonzero(here & (at < end)) for name, (here, at) in found.items()}
    return {name: (rows[name], at[rows[name]]) for name, (_, at) in found.items()}
