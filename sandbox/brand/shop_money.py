"""Shopify's refunds, their lines, and the payments of orders."""

from __future__ import annotations

import numpy as np

from sandbox.brand.aftersales import NOTES, RESTOCK_TYPES, RETURN_REASONS, refunded_by
from sandbox.brand.catalogue import LOCATION_IDS
from sandbox.brand.shop import Shop, Table
from sandbox.brand.texts import masked, stamps, take


def money_tables(shop: Shop) -> dict[str, Table]:
    """Tables shopify_refunds, shopify_refund_lines and shopify_transactions."""
    return {**_refunds(shop), "shopify_transactions": _transactions(shop)}


def _refunds(shop: Shop) -> dict[str, Table]:
    orders, after = shop.orders, shop.after
    at, additions = stamps(after.refund_at), shop.additions
    exchange_line = np.full(len(after.refund_id), -1)
    exchange_line[additions.refund[additions.is_exchange]] = additions.line_id[additions.is_exchange]
    line_at = stamps(after.refund_at[after.line_refund])
    return {
        "shopify_refunds": {
            "refund_id": after.refund_id,
            "order_id": orders.order_id[after.refund_order],
            "created_at": at,
            "processed_at": at,
            "updated_at": at,
            "revealed_at": at,
            "total_cents": after.refund_total,
            "shipping_cents": after.refund_shipping,
            "adjustment_cents": after.refund_adjustment,
            "note": take(NOTES, after.refund_note),
            "exchange_line_id": masked(exchange_line, exchange_line >= 0),
        },
        "shopify_refund_lines": {
            "refund_line_id": 620_000_000_000 + np.arange(len(after.line_row)) * 37,
            "refund_id": after.refund_id[after.line_refund],
            "order_id": orders.order_id[orders.line_order[after.line_row]],
            "line_id": orders.line_id[after.line_row],
            "revealed_at": line_at,
            "quantity": after.line_quantity,
            "restock_type": take(RESTOCK_TYPES, after.line_restock),
            "restocked": after.line_restock != 1,
            "return_reason": take(RETURN_REASONS, after.line_reason),
            "location_id": masked(LOCATION_IDS[after.line_location], after.line_location >= 0),
            "subtotal_cents": after.line_subtotal,
            "tax_cents": after.line_tax,
        },
    }


def _transactions(shop: Shop) -> Table:
    orders, after, additions = shop.orders, shop.after, shop.additions
    rng = shop.basis.rng("transactions")
    every, n = np.arange(len(orders)), len(orders)
    chance = rng.random(n)
    held, failed = chance < 0.2, chance > 0.965
    paid = orders.created_at - 1
    charged, card = orders.total - orders.gift_paid, orders.gift_paid > 0
    # money goes back the way it came, to the gift card last
    before = refunded_by(after, after.refund_order, after.refund_at - 1)
    to_card = np.clip(charged[after.refund_order] - before, 0, after.refund_total)
    to_gift = after.refund_total - to_card
    from_charge, from_gift = to_card > 0, to_gift > 0
    parts = [
        (every[failed], 0, 1, paid[failed] - 60, charged[failed], 0),
        (every[~held], 0, 0, paid[~held], charged[~held], 0),
        (every[held], 1, 0, paid[held], charged[held], 0),
        (every[held], 2, 0, paid[held] + 1, charged[held], 0),
        (every[card], 0, 0, paid[card], orders.gift_paid[card], 1),
        (additions.order, 0, 0, additions.added_at, additions.cents, 0),
        (after.refund_order[from_charge], 3, 0, after.refund_at[from_charge], to_card[from_charge], 0),
        (after.refund_order[from_gift], 3, 0, after.refund_at[from_gift], to_gift[from_gift], 1),
    ]
    order, kind, status, at, amount, gift = (
        np.concatenate([np.broadcast_to(part[k], len(part[0])) for part in parts]) for k in range(6)
    )
    by_time = np.lexsort((gift, kind, order, at))
    order, kind, status, at, amount, gift = (one[by_time] for one in (order, kind, status, at, amount, gift))
    gateway = np.where(orders.test[order], 2, (rng.random(n) < 0.25)[order])
    gateway = np.where(gift == 1, 3, gateway)
    return {
        "transaction_id": 6_700_000_000_000 + np.cumsum(rng.integers(2_000, 60_000, len(order))),
        "order_id": orders.order_id[order],
        "kind": take(("SALE", "AUTHORIZATION", "CAPTURE", "REFUND"), kind),
        "status": take(("SUCCESS", "FAILURE"), status),
        "gateway": take(("shopify_payments", "paypal", "bogus", "gift_card"), gateway),
        "amount_cents": amount,
        "processed_at": stamps(at),
        "revealed_at": stamps(np.maximum(at, orders.created_at[order])),
        "test": orders.test[order],
    }
