"""Amazon's part of the truth: who really bought, and what the books add up to."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.brand.amazon_tables import Amazon, Table
from sandbox.brand.basis import DAY, NEVER
from sandbox.brand.scenario_truth import person_ids
from sandbox.brand.texts import join, stamps, take


def amazon_owners(amazon: Amazon) -> Table:
    """Rows of ``record_owners``: every order is a record of its own, as Amazon tells of no buyer but that."""
    every = np.arange(len(amazon.orders))
    return {
        "source_system": take(["amazon"], 0 * every),
        "source_record_id": join("order-", amazon.order_ids(every)),
        "record_type": take(["marketplace_order"], 0 * every),
        "person_id": person_ids(amazon.orders.person),
        "is_shared": np.zeros(len(every), dtype=bool),
    }


def amazon_causes(amazon: Amazon) -> Table:
    """Rows of ``order_causes``: nothing that the shop does makes anybody buy there."""
    orders, every = amazon.orders, np.arange(len(amazon.orders))
    return {
        "order_id": amazon.order_ids(every),
        "person_id": person_ids(orders.person),
        "caused_by": take(["baseline"], 0 * every),
        "visit_channel": take(["marketplace"], 0 * every),
        "created_at": stamps(orders.created_at),
        "is_test": np.zeros(len(every), dtype=bool),
    }


def amazon_totals(amazon: Amazon) -> Table:
    """Table ``amazon_totals``: the books by scope, of orders with an authorised payment that were not cancelled."""
    orders, refunds = amazon.orders, amazon.refunds
    rows = []
    for scope, until in (("history", amazon.basis.days * DAY), ("world", amazon.basis.end)):
        sold = (orders.authorised_at <= until) & (orders.cancelled_at > until)
        lines = sold[orders.line_order] & (orders.line_cancelled_at > until)
        given = refunds.at <= until
        rows.append(
            {
                "scope": scope,
                "orders": int(sold.sum()),
                "pending": int(((orders.created_at <= until) & ~sold & (orders.cancelled_at > until)).sum()),
                "cancelled": int(((orders.cancelled_at < NEVER) & (orders.cancelled_at <= until)).sum()),
                "lines": int(lines.sum()),
                "gross_cents": int(orders.line_gross[lines].sum()),
                "discounts_cents": int(orders.line_discount[lines].sum()),
                "shipping_cents": int(orders.line_shipping[lines].sum()),
                "tax_cents": int(orders.line_tax[lines].sum()),
                "refunded_net_cents": int(refunds.net[given].sum()),
                "refunded_tax_cents": int(refunds.tax[given].sum()),
            }
        )
    return {name: pa.array([row[name] for row in rows]) for name in rows[0]}
