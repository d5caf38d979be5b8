"""Everything that the stores' tables are written from, in one place, and the ids that several tables share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.brand.aftersales import Aftersales
from sandbox.brand.basis import Basis, Ints
from sandbox.brand.catalogue import Catalogue
from sandbox.brand.orders import Orders
from sandbox.brand.people import People
from sandbox.brand.store_customers import StoreCustomers, make_store_customers
from sandbox.brand.store_orders import StoreOrders, make_store_orders
from sandbox.brand.store_payments import Payments, make_payments
from sandbox.brand.store_stock import Counts, Moves, make_counts, make_moves
from sandbox.brand.stores import STORES, make_sales
from sandbox.brand.texts import either, take, ulid

Table = dict[str, object]


@dataclass
class Stores:
    """The counters of the world."""

    basis: Basis
    people: People
    catalogue: Catalogue
    orders: StoreOrders
    customers: StoreCustomers
    payments: Payments
    moves: Moves
    unseen: Moves
    """What moved at night and no till knows."""
    counts: Counts
    online_refund: pa.Array
    """Id of the online shop's refund behind each movement, null for most."""

    def ids(self, kind: str, rows: Ints) -> pa.Array:
        """Square's ids of the ``rows``-th things of a kind; null below zero."""
        text = pc.utf8_slice_codeunits(ulid(np.maximum(rows, 0), self.basis.salt("square " + kind)), 2, 22)
        return either(rows >= 0, text, None)

    def locations(self, store: Ints) -> pa.Array:
        return take([one.location_id for one in STORES], store)


def make_stores(basis: Basis, people: People, catalogue: Catalogue, online: Orders, after: Aftersales) -> Stores:
    """Draw the stores' part of the world; of the online shop it only reads what was sent back."""
    sales = make_sales(basis, people, catalogue)
    orders = make_store_orders(basis, sales, catalogue)
    payments, card = make_payments(basis, people, orders)
    moves, unseen = make_moves(basis, people, catalogue, orders, online, after)
    brought = moves.online >= 0
    refund = after.refund_id[after.line_refund[moves.online[brought]]]
    refunds = np.full(len(moves), -1)
    refunds[brought] = refund
    return Stores(
        basis=basis,
        people=people,
        catalogue=catalogue,
        orders=orders,
        customers=make_store_customers(basis, people, orders, card),
        payments=payments,
        moves=moves,
        unseen=unseen,
        counts=make_counts(moves),
        online_refund=pc.cast(pa.array(refunds, mask=~brought), pa.string()),
    )
