"""The stores' part of the truth: who stood at the till, what really lay on the shelf, what the books add up to."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.brand.basis import DAY, Ints
from sandbox.brand.store_customers import INSTANT
from sandbox.brand.store_orders import COMPLETED, LATE, RETURN, SALE
from sandbox.brand.store_payments import PAID
from sandbox.brand.store_stock import audits
from sandbox.brand.store_world import Stores, Table
from sandbox.brand.stores import STORES
from sandbox.brand.texts import digits, flat, join, stamps, take
from sandbox.brand.typed_emails import KINDS


def store_owners(stores: Stores) -> Table:
    """Rows of ``record_owners``: every profile, and every order that names none."""
    customers, orders = stores.customers, stores.orders
    every, nameless = np.arange(len(customers)), np.flatnonzero(customers.of_order < 0)
    count = len(every), len(nameless)
    kinds = np.where(customers.kind == INSTANT, 1, 0)
    return {
        "source_system": _square(sum(count)),
        "source_record_id": pa.concat_arrays(
            [flat(stores.ids("customer", every)), flat(join("order-", stores.ids("order", nameless)))]
        ),
        "record_type": take(
            ("customer", "instant_profile", "guest_checkout"), np.concatenate([kinds, np.full(count[1], 2)])
        ),
        "person_id": _person(np.concatenate([customers.person, orders.person[nameless]])),
        "is_shared": np.concatenate([customers.shared, np.zeros(count[1], dtype=bool)]),
    }


def store_emails(stores: Stores) -> Table:
    """Rows of ``record_emails``: of profiles that ever have one, and of receipts of orders that name no profile."""
    customers, orders = stores.customers, stores.orders
    own = np.flatnonzero(customers.email.text.is_valid().to_numpy(zero_copy_only=False))
    paid = np.isin(orders.state, (COMPLETED, LATE))
    typed = customers.receipt.text.is_valid().to_numpy(zero_copy_only=False) & paid & (customers.of_order < 0)
    order = np.flatnonzero(typed)
    parts = [(customers.email, own, customers.person[own]), (customers.receipt, order, orders.person[order])]
    return {
        "source_system": _square(len(own) + len(order)),
        "source_record_id": pa.concat_arrays(
            [flat(stores.ids("customer", own)), flat(join("order-", stores.ids("order", order)))]
        ),
        "person_id": _person(np.concatenate([part[2] for part in parts])),
        "email": pa.concat_arrays([flat(typed.text.take(pa.array(rows))) for typed, rows, _ in parts]),
        "typed_as": take(KINDS, np.concatenate([typed.kind[rows] for typed, rows, _ in parts])),
        "is_second": np.concatenate([typed.second[rows] for typed, rows, _ in parts]),
    }


def store_causes(stores: Stores) -> Table:
    """Rows of ``order_causes``: whoever comes to a store would have come anyway."""
    orders = stores.orders
    sale = np.flatnonzero(orders.kind != RETURN)
    return {
        "order_id": stores.ids("order", sale),
        "person_id": _person(orders.person[sale]),
        "caused_by": take(["baseline"], np.zeros(len(sale), np.int64)),
        "visit_channel": take(["store"], np.zeros(len(sale), np.int64)),
        "created_at": stamps(orders.created_at[sale]),
        "is_test": np.zeros(len(sale), dtype=bool),
    }


def stock_table(stores: Stores) -> Table:
    """Table ``stock``: what lay in a store at each physical count, one row per store, SKU and count."""
    counted = stores.moves.take(audits(stores.moves, stores.basis.end))
    store, variant = np.divmod(counted.cell, len(stores.catalogue))
    return {
        "source_system": _square(len(counted)),
        "location_id": stores.locations(store),
        "sku": stores.catalogue.sku.take(pa.array(variant)),
        "audited_at": stamps(counted.occurred_at),
        "on_hand": counted.quantity,
    }


def store_totals(stores: Stores) -> Table:
    """Table ``store_totals``: the books by scope and store, of what was completed within the scope."""
    orders, payments = stores.orders, stores.payments
    done = np.isin(orders.state, (COMPLETED, LATE))
    goods, total, returned = payments.refund_goods, orders.total, orders.returned
    rows = []
    for scope, until in (("history", stores.basis.days * DAY), ("world", stores.basis.end)):
        for number, store in enumerate(STORES):
            here = done & (orders.closed_at <= until) & (orders.store == number)
            lines, back = here[orders.line_order], here[orders.back_order]
            paid = (payments.status == PAID) & (payments.at <= until) & (orders.store[payments.order] == number)
            refunded = (payments.refund_done_at <= until) & (orders.store[payments.refund_order] == number)
            rows.append(
                {
                    "scope": scope,
                    "location_id": store.location_id,
                    "sales": int((here & (orders.kind == SALE)).sum()),
                    "return_orders": int((here & (orders.kind != SALE)).sum()),
                    "lines": int(lines.sum()),
                    "gross_cents": int((orders.line_price * orders.line_quantity)[lines].sum()),
                    "discounts_cents": int(orders.line_discount[lines].sum()),
                    "tax_cents": int(orders.line_tax[lines].sum()),
                    "tip_cents": int(orders.tip[here].sum()),
                    "total_cents": int(total[here].sum()),
                    "returned_cents": int(returned[here].sum()),
                    "returned_tax_cents": int(orders.back_tax[back].sum()),
                    "paid_cents": int((payments.amount + payments.tip)[paid].sum()),
                    "refunded_cents": int(payments.refund_amount[refunded].sum()),
                    "goodwill_cents": int(payments.refund_amount[refunded & ~goods].sum()),
                }
            )
    return {name: pa.array([row[name] for row in rows]) for name in rows[0]}


def stacked(upper: Table, lower: Table) -> Table:
    """Two tables of the same columns, one above the other; ids that are numbers above become text as below."""
    pairs = {name: (_array(upper[name]), _array(lower[name])) for name in upper}
    return {name: pa.concat_arrays([one.cast(other.type), other]) for name, (one, other) in pairs.items()}


def _array(values: object) -> pa.Array:
    return flat(values) if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)


def _square(n: int) -> pa.Array:
    return take(["square"], np.zeros(n, np.int64))


def _person(person: Ints) -> pa.Array:
    return join("person-", digits(person, 7))
