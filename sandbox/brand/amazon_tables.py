"""Amazon's orders, money, returns and stock as tables: what its APIs and reports are made from.

Orders and levels come in versions. What an order's amounts are at a moment follows from its lines, of which one may
have been cancelled by then. Money is posted when a parcel leaves and may be shown two days late; the reports of stock
and of returns some hours late.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.brand import words
from sandbox.brand.amazon_orders import (
    KEPT_OF_COMMISSION,
    PER_UNIT_FEE,
    REASONS,
    SELLABLE,
    AmazonOrders,
    AmazonRefunds,
    listed,
    make_amazon_orders,
    make_amazon_refunds,
)
from sandbox.brand.amazon_stock import EVENTS, RECEIPT, SALE, AmazonStock, make_amazon_stock
from sandbox.brand.basis import NEVER, Basis, Ints
from sandbox.brand.catalogue import Catalogue
from sandbox.brand.people import People
from sandbox.brand.shop_orders import AFTERMATH
from sandbox.brand.texts import digits, either, fixed, hex_token, join, mix, stamps, take
from sandbox.brand.versions import number_versions

Table = dict[str, object]
EMAIL_DOMAIN = "marketplace.amazon.example"
PENDING, UNSHIPPED, SHIPPED, CANCELLED = range(4)
STATUS = ("PENDING", "UNSHIPPED", "SHIPPED", "CANCELLED")
CENTRES = ("PHX7", "CMH1", "BOS3", "ONT8")
SHOWN_LATE, REPORTED_LATE = 46 * 3_600, 3 * 3_600
LETTERS = np.frombuffer(b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789", dtype=np.uint8)


@dataclass
class Amazon:
    """The shop's part of Amazon."""

    basis: Basis
    people: People
    catalogue: Catalogue
    orders: AmazonOrders
    refunds: AmazonRefunds
    stock: AmazonStock

    def order_ids(self, rows: Ints) -> pa.Array:
        """Amazon's order ids, such as 111-2223334-5556667: they tell no order of time."""
        number = (mix(np.arange(len(self.orders)), self.basis.salt("amazon order")) % np.uint64(10**14)).astype(
            np.int64
        )
        high, low = np.divmod(number, 10**7)
        return join("111-", digits(high, 7), "-", digits(low, 7)).take(pa.array(rows))

    def item_ids(self, lines: Ints) -> pa.Array:
        return digits(60_000_000_000_000 + lines * 7_919)

    def codes(self, kind: str, start: str, rows: Ints, width: int = 8) -> pa.Array:
        """Ten characters as an ASIN or a fulfilment network's SKU has them."""
        source = mix(rows, self.basis.salt("amazon " + kind))[:, None] >> (
            np.arange(width, dtype=np.uint64) * np.uint64(5)
        )
        return join(start, fixed(LETTERS[(source & np.uint64(31)).astype(np.int64)]))


def make_amazon(basis: Basis, people: People, catalogue: Catalogue) -> Amazon:
    """Draw Amazon's part of the world; of the rest it reads only who there is and what the shop sells."""
    orders = make_amazon_orders(basis, people, catalogue)
    refunds = make_amazon_refunds(basis, orders)
    stock = make_amazon_stock(basis, catalogue, orders, refunds, basis.end + AFTERMATH)
    return Amazon(basis, people, catalogue, orders, refunds, stock)


def amazon_tables(amazon: Amazon) -> dict[str, Table]:
    """All tables of Amazon, by name."""
    return {
        "amazon_orders": _orders(amazon),
        "amazon_order_lines": _lines(amazon),
        "amazon_inventory": _inventory(amazon),
        "amazon_ledger": _ledger(amazon),
        "amazon_returns": _returns(amazon),
        "amazon_transaction_lines": _transaction_lines(amazon),
    }


def _orders(amazon: Amazon) -> Table:
    orders, every = amazon.orders, np.arange(len(amazon.orders))
    moments = (orders.created_at, orders.authorised_at, orders.cancelled_at, orders.shipped_at)
    versions = number_versions(
        [(every, at) for at in moments] + [(orders.line_order, orders.line_cancelled_at)], amazon.basis.end + AFTERMATH
    )
    row, at = versions.thing, versions.at
    status = np.select(
        [orders.cancelled_at[row] <= at, orders.shipped_at[row] <= at, orders.authorised_at[row] <= at],
        [CANCELLED, SHIPPED, UNSHIPPED],
        PENDING,
    )
    alias = join(hex_token(every, amazon.basis.salt("amazon buyer"), 14), "@", EMAIL_DOMAIN)
    city = amazon.people.city[orders.person[row]]
    return {
        "order_id": amazon.order_ids(row),
        "version": versions.number,
        "updated_at": stamps(at),
        "revealed_at": stamps(at),
        "created_at": stamps(orders.created_at[row]),
        "status": take(STATUS, status),
        "is_prime": orders.prime[row],
        "buyer_email": either(orders.tells_email[row], alias.take(pa.array(row)), None),
        "city": take([place[0] for place in words.CITIES], city),
        "region": take([place[1] for place in words.CITIES], city),
    }


def _lines(amazon: Amazon) -> Table:
    orders, lines = amazon.orders, np.arange(len(amazon.orders.line_order))
    return {
        "item_id": amazon.item_ids(lines),
        "revealed_at": stamps(orders.created_at[orders.line_order]),
        "order_id": amazon.order_ids(orders.line_order),
        **_goods(amazon, orders.line_variant),
        "quantity": orders.line_quantity,
        "unit_price_cents": orders.line_price,
        "discount_cents": orders.line_discount,
        "shipping_cents": orders.line_shipping,
        "tax_cents": orders.line_tax,
        "cancelled_at": stamps(orders.line_cancelled_at),
    }


def _goods(amazon: Amazon, variant: Ints) -> Table:
    return {
        "sku": amazon.catalogue.sku.take(pa.array(variant)),
        "asin": amazon.codes("asin", "B0", variant),
        "fnsku": amazon.codes("fnsku", "X0", variant),
        "title": amazon.catalogue.title.take(pa.array(variant)),
    }


def _inventory(amazon: Amazon) -> Table:
    stock, versions = amazon.stock, amazon.stock.versions
    kept = np.flatnonzero(listed(amazon.basis, amazon.catalogue)[versions.thing])
    fulfillable, pending, inbound, broken = stock.states[kept].T
    return {
        **_goods(amazon, versions.thing[kept]),
        "version": versions.number[kept],
        "updated_at": stamps(versions.at[kept]),
        "revealed_at": stamps(versions.at[kept]),
        "fulfillable": fulfillable,
        "pending_customer_order": pending,
        "inbound_shipped": inbound,
        "customer_damaged": broken,
    }


def _ledger(amazon: Amazon) -> Table:
    moves, orders = amazon.stock.moves, amazon.orders
    rows = np.arange(len(moves))
    late = amazon.basis.rng("amazon ledger").integers(600, REPORTED_LATE, len(moves))
    sale, receipt = moves.kind == SALE, moves.kind == RECEIPT
    order = orders.line_order[np.where(sale, moves.document, 0)]
    line = amazon.refunds.line[np.where(moves.kind == 1, moves.document, 0)] if len(amazon.refunds) else order
    order = np.where(moves.kind == 1, orders.line_order[line], order)
    delivery = join("FBA", digits(10_000_000 + np.where(receipt, moves.document, 0)))
    return {
        "ledger_id": digits(rows),
        "revealed_at": stamps(moves.at + late),
        "happened_at": stamps(moves.at),
        **_goods(amazon, moves.variant),
        "event_type": take(EVENTS, moves.kind),
        "reference_id": either(receipt, delivery, amazon.order_ids(order)),
        "quantity": moves.quantity,
        "centre": take(CENTRES, moves.variant % len(CENTRES)),
        "disposition": take(("SELLABLE", "CUSTOMER_DAMAGED"), moves.is_broken),
    }


def _returns(amazon: Amazon) -> Table:
    orders, refunds = amazon.orders, amazon.refunds
    back = np.flatnonzero(refunds.returned_at < NEVER)
    line, reason = refunds.line[back], refunds.reason[back]
    late = amazon.basis.rng("amazon returns").integers(600, REPORTED_LATE, len(back))
    return {
        "return_id": join("LPNRR", digits(100_000_000 + back * 17)),
        "revealed_at": stamps(refunds.returned_at[back] + late),
        "returned_at": stamps(refunds.returned_at[back]),
        "order_id": amazon.order_ids(orders.line_order[line]),
        **_goods(amazon, orders.line_variant[line]),
        "quantity": refunds.quantity[back],
        "centre": take(CENTRES, orders.line_variant[line] % len(CENTRES)),
        "disposition": take(("CUSTOMER_DAMAGED", "SELLABLE"), SELLABLE[reason].astype(np.int64)),
        "reason": take(REASONS, reason),
    }


def _transaction_lines(amazon: Amazon) -> Table:
    """One row per item of a transaction: of a parcel that left, or of a refund. What goes to Amazon is below zero."""
    orders, refunds = amazon.orders, amazon.refunds
    sent, given = np.flatnonzero(orders.line_is_sent), np.arange(len(refunds))
    line = np.concatenate([sent, refunds.line])
    is_refund = np.repeat([False, True], [len(sent), len(given)])
    order = orders.line_order[line]
    rng = amazon.basis.rng("amazon money")
    posted = orders.shipped_at + rng.integers(600, 7_200, len(orders))
    late, refund_late = (rng.integers(0, SHOWN_LATE, size) for size in (len(orders), len(refunds)))
    at = np.concatenate([posted[orders.line_order[sent]], refunds.at])
    shown = at + np.concatenate([late[orders.line_order[sent]], refund_late])
    units = np.concatenate([orders.line_quantity[sent], refunds.quantity])
    net = np.concatenate([(orders.line_gross - orders.line_discount)[sent], -refunds.net])
    commission = orders.line_commission[line]
    part = commission * units // orders.line_quantity[line]
    kept = np.minimum(part * KEPT_OF_COMMISSION // 100, 500)
    number = np.concatenate([orders.line_order[sent], len(orders) + given])
    return {
        "transaction_line_id": digits(np.arange(len(line))),
        "transaction_id": hex_token(number, amazon.basis.salt("amazon transaction"), 32),
        "revealed_at": stamps(shown),
        "posted_at": stamps(at),
        "transaction_type": take(("Shipment", "Refund"), is_refund.astype(np.int64)),
        "order_id": amazon.order_ids(order),
        "shipment_id": either(~is_refund, hex_token(order, amazon.basis.salt("amazon shipment"), 12), None),
        **_goods(amazon, orders.line_variant[line]),
        "quantity": units,
        "product_cents": net,
        "shipping_cents": np.where(is_refund, 0, orders.line_shipping[line]),
        "tax_cents": np.concatenate([orders.line_tax[sent], -refunds.tax]),
        "commission_cents": np.where(is_refund, part, -commission),
        "fulfilment_fee_cents": np.where(is_refund, 0, -PER_UNIT_FEE * units),
        "refund_fee_cents": np.where(is_refund, -kept, 0),
    }
