"""Square's payments and refunds, in versions: the fee is posted a day later, a refund of a card is pending first."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.brand.shop_orders import AFTERMATH
from sandbox.brand.store_payments import REASONS, STATUS, card_columns
from sandbox.brand.store_world import Stores, Table
from sandbox.brand.texts import either, letter_token, masked, stamps, take
from sandbox.brand.versions import number_versions


def money_tables(stores: Stores) -> dict[str, Table]:
    """Tables square_payments and square_refunds."""
    return {"square_payments": _payments(stores), "square_refunds": _refunds(stores)}


def _payments(stores: Stores) -> Table:
    orders, payments = stores.orders, stores.payments
    every = np.arange(len(payments))
    linked = payments.refund_payment >= 0
    refunded, refunded_at = payments.refund_payment[linked], payments.refund_done_at[linked]
    versions = number_versions(
        [(every, payments.at), (every, payments.fee_at), (refunded, refunded_at)], stores.basis.end + AFTERMATH
    )
    row, at = versions.thing, versions.at
    order = payments.order[row]
    span = np.int64(1) << np.int64(33)
    by_payment = np.lexsort((refunded_at, refunded))
    owner = refunded[by_payment] * span
    running = np.concatenate([[0], np.cumsum(payments.refund_amount[linked][by_payment])])
    upto = np.searchsorted(owner + refunded_at[by_payment], row * span + at, side="right")
    paid_back = running[upto] - running[np.searchsorted(owner, row * span)]
    fee_there = payments.fee_at[row] <= at
    offline = orders.offline[order]
    cash = payments.card[row] < 0
    receipt = stores.customers.receipt.text.take(pa.array(order))
    rows = pa.array(row)
    token = letter_token(np.arange(len(payments)), stores.basis.salt("receipt number"), 4)
    return {
        "payment_id": stores.ids("payment", row),
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "created_at": stamps(payments.at[row]),
        "order_id": stores.ids("order", order),
        "location_id": stores.locations(orders.store[order]),
        "customer_id": stores.ids("customer", stores.customers.of_order[order]),
        "status": take(STATUS, payments.status[row]),
        "amount_cents": payments.amount[row],
        "tip_cents": payments.tip[row],
        "total_cents": (payments.amount + payments.tip)[row],
        "refunded_cents": paid_back,
        "fee_cents": masked(payments.fee[row], fee_there),
        "fee_at": stamps(payments.fee_at[row], fee_there),
        "source_type": take(("CARD", "CASH"), cash.astype(np.int64)),
        **card_columns(stores.basis, payments.card[row]),
        "buyer_email": either(payments.status[row] == 0, receipt, None),
        "receipt_number": either(payments.status[row] == 0, token.take(rows), None),
        "is_offline": offline,
        "client_created_at": stamps(orders.till_at[order] + 60, offline),
    }


def _refunds(stores: Stores) -> Table:
    orders, payments = stores.orders, stores.payments
    every = np.arange(len(payments.refund_order))
    versions = number_versions(
        [(every, payments.refund_at), (every, payments.refund_done_at)], stores.basis.end + AFTERMATH
    )
    row, at = versions.thing, versions.at
    order = payments.refund_order[row]
    done = payments.refund_done_at[row] <= at
    return {
        "refund_id": stores.ids("refund", row),
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "created_at": stamps(payments.refund_at[row]),
        "status": take(("PENDING", "COMPLETED"), done.astype(np.int64)),
        "location_id": stores.locations(orders.store[order]),
        "order_id": stores.ids("order", order),
        "payment_id": stores.ids("payment", payments.refund_payment[row]),
        "is_unlinked": payments.refund_payment[row] < 0,
        "destination_type": take(("CASH", "CARD"), (payments.refund_card[row] >= 0).astype(np.int64)),
        "amount_cents": payments.refund_amount[row],
        "reason": take(REASONS, np.where(payments.refund_goods[row], 0, 1)),
        "is_goods": payments.refund_goods[row],
    }
