"""What a fit to the past would have said about what then came, beside what anybody could have said without a model.

The naive baseline ranks customers by how often they had bought, and among equals by who bought last; its expectation is
that each goes on at his own rate so far. Where it does better than the model, the rows show it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np

from customer_value.fit import Floats, Ints
from customer_value.predict import Customers, Prediction, significant

GROUPS = 10
CENT = Decimal("0.0001")


def baseline_orders(customers: Customers, horizon_days: int) -> Floats:
    """Each customer's own rate so far over the horizon; 0 for who came on the last day."""
    rate = np.divide(customers.repeats, customers.age, out=np.zeros(len(customers.age)), where=customers.age > 0)
    return rate * horizon_days


def baseline_score(customers: Customers) -> Ints:
    """Higher for who bought more often, and among equals more lately; equal only where both are."""
    since_last = customers.age - customers.recency
    return customers.repeats * (int(since_last.max(initial=0)) + 1) - since_last


def rank_correlation(one: Floats | Ints, other: Floats | Ints) -> float:
    """Spearman's, with mean ranks for ties; not a number when one of them does not vary."""
    ranks = [_ranks(values) - (len(values) + 1) / 2 for values in (one, other)]
    spread = float(np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum()))
    return float((ranks[0] * ranks[1]).sum()) / spread if spread > 0 else float("nan")


def _ranks(values: Floats | Ints) -> Floats:
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[where]


def deciles(
    customers: Customers, prediction: Prediction, horizon_days: int, *, bought: Ints, spent: Floats
) -> list[dict[str, Any]]:
    """Ten rows, the highest predictions first: means of predicted, actual and baseline orders, sums of net sales.

    ``bought`` and ``spent`` are what came in the holdout. Ties go by the baseline's score, then by the order given.
    """
    naive = baseline_orders(customers, horizon_days)
    score = baseline_score(customers)
    order = np.lexsort((-score, -prediction.expected_orders))
    correlation = _known(rank_correlation(prediction.expected_orders, bought))
    naive_correlation = _known(rank_correlation(score, bought))
    rows = []
    for number, chosen in enumerate(np.array_split(order, GROUPS), start=1):
        if len(chosen) == 0:
            continue
        predicted = None if prediction.expected_net_sales is None else prediction.expected_net_sales[chosen]
        rows.append(
            {
                "prediction_decile": number,
                "customer_count": len(chosen),
                "predicted_orders": significant(float(prediction.expected_orders[chosen].mean())),
                "actual_orders": significant(float(bought[chosen].mean())),
                "baseline_orders": significant(float(naive[chosen].mean())),
                "predicted_net_sales_amount": None if predicted is None else _amount(predicted),
                "actual_net_sales_amount": _amount(spent[chosen]),
                "rank_correlation": correlation,
                "baseline_rank_correlation": naive_correlation,
            }
        )
    return rows


def _amount(values: Floats) -> Decimal:
    """The sum of amounts with four decimals each, exact for what is exact: added up as integers."""
    return (Decimal(int(np.round(values * 10_000).astype(np.int64).sum())) / 10_000).quantize(CENT)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else significant(value)
