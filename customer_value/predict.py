"""Fits both models to a table of customers and predicts each one: Arrow in, Arrow out, the same digits every time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_value.bg_nbd import BgNbd, Histories, fit_bg_nbd
from customer_value.fit import Floats, Ints, NotFitted
from customer_value.gamma_gamma import GammaGamma, fit_gamma_gamma

FITTED = "fitted"
MONEY = pa.decimal128(18, 4)
DIGITS = 10
"""Significant digits that are kept: a likelihood's maximum has no more, and the last bits differ between processors."""


@dataclass(frozen=True)
class Customers:
    """What is known of each customer at one moment, as arrays of one length; times in whole days."""

    repeats: Ints
    recency: Ints
    age: Ints
    paid_repeats: Ints
    """Repeat purchases with net sales above 0."""
    mean_value: Floats
    """Their mean net sales; 0 where there are none."""

    @classmethod
    def of(cls, summary: pa.Table, prefix: str = "") -> Customers:
        """From rows of the purchase summary; ``prefix`` chooses its columns as of another moment."""
        paid = _numbers(summary[f"{prefix}paid_repeat_count"])
        spent = pc.cast(summary[f"{prefix}repeat_net_sales_amount"], pa.float64()).to_numpy()
        return cls(
            repeats=_numbers(summary[f"{prefix}repeat_purchase_count"]),
            recency=_numbers(summary[f"{prefix}recency_days"]),
            age=_numbers(summary[f"{prefix}age_days"]),
            paid_repeats=paid,
            mean_value=np.divide(spent, paid, out=np.zeros(len(paid)), where=paid > 0),
        )


@dataclass(frozen=True)
class Fit:
    """Both models of one set of customers; a model that could not be fitted is None and its reason says why."""

    customer_count: int
    repeat_customer_count: int
    paid_share: float
    """Share of the repeat purchases with net sales above 0; the others bring nothing."""
    purchases: BgNbd | None
    purchases_reason: str
    spend: GammaGamma | None
    spend_reason: str

    @property
    def reason(self) -> str:
        """``fitted``, or why one of the models is missing."""
        return self.purchases_reason if self.purchases is None else self.spend_reason


@dataclass(frozen=True)
class Prediction:
    """Per customer over one horizon; arrays of one length."""

    probability_active: Floats
    probability_purchase: Floats
    expected_orders: Floats
    expected_value: Floats | None
    """Expected net sales of a purchase that is paid; None where spend was not fitted."""
    expected_net_sales: Floats | None


def fit(customers: Customers) -> Fit:
    """Both models; never raises for want of data."""
    histories, _ = Histories.counted(customers.repeats, customers.recency, customers.age)
    purchases, purchases_reason = None, FITTED
    try:
        purchases = fit_bg_nbd(histories)
    except NotFitted as reason:
        purchases_reason = f"purchases: {reason}"
    spend, spend_reason = None, FITTED
    known = (customers.paid_repeats > 0) & (customers.mean_value > 0)
    try:
        spend = fit_gamma_gamma(customers.paid_repeats[known], customers.mean_value[known])
    except NotFitted as reason:
        spend_reason = f"spend: {reason}"
    repeats = int(customers.repeats.sum())
    return Fit(
        customer_count=len(customers.repeats),
        repeat_customer_count=int((customers.repeats > 0).sum()),
        paid_share=int(customers.paid_repeats.sum()) / repeats if repeats else 0.0,
        purchases=purchases,
        purchases_reason=purchases_reason,
        spend=spend,
        spend_reason=spend_reason,
    )


def predict(customers: Customers, fitted: Fit, horizon_days: int) -> Prediction:
    """Each customer's next ``horizon_days``. Raises NotFitted when there is no model of purchases.

    Purchases and their value are independent by assumption, so expected net sales are the product of expected orders,
    the share of them that is paid, and the expected value. Nothing is discounted: the horizon is a year at most.
    """
    if fitted.purchases is None:
        raise NotFitted(fitted.purchases_reason)
    histories, where = Histories.counted(customers.repeats, customers.recency, customers.age)
    each = (histories.repeats, histories.recency, histories.age)
    orders = rounded(fitted.purchases.expected_purchases(*each, horizon_days))[where]
    value = net_sales = None
    if fitted.spend is not None:
        value = fitted.spend.expected_value(customers.paid_repeats, customers.mean_value)
        net_sales = orders * fitted.paid_share * value
    return Prediction(
        probability_active=rounded(fitted.purchases.probability_active(*each))[where],
        probability_purchase=rounded(fitted.purchases.probability_of_purchase(*each, horizon_days))[where],
        expected_orders=orders,
        expected_value=value,
        expected_net_sales=net_sales,
    )


def fit_row(scope: str, fitted: Fit) -> dict[str, Any]:
    """A fit as a row of ``int_customers__value_model``; what was not fitted is None."""
    purchases, spend = fitted.purchases, fitted.spend
    row = {
        "fit_scope": scope,
        "customer_count": fitted.customer_count,
        "repeat_customer_count": fitted.repeat_customer_count,
        "paid_purchase_share": significant(fitted.paid_share),
        **{name: significant(getattr(purchases, name)) if purchases else None for name in ("r", "alpha", "a", "b")},
        "log_likelihood": significant(purchases.log_likelihood) if purchases else None,
        **{name: significant(getattr(spend, name)) if spend else None for name in ("p", "q", "v")},
        "count_value_correlation": significant(spend.correlation) if spend else None,
        "edge_parameters": ", ".join((purchases.edges if purchases else ()) + (spend.edges if spend else ())),
        "purchases_status": fitted.purchases_reason,
        "spend_status": fitted.spend_reason,
    }
    return {name: None if value != value else value for name, value in row.items()}  # noqa: PLR0124  (NaN)


def fit_of(row: Mapping[str, Any]) -> Fit:
    """The fit that ``fit_row`` wrote down."""
    purchases = spend = None
    if row["r"] is not None:
        purchases = BgNbd(row["r"], row["alpha"], row["a"], row["b"], row["log_likelihood"])
    if row["p"] is not None:
        correlation = row["count_value_correlation"]
        spend = GammaGamma(row["p"], row["q"], row["v"], float("nan") if correlation is None else correlation)
    return Fit(
        customer_count=row["customer_count"],
        repeat_customer_count=row["repeat_customer_count"],
        paid_share=row["paid_purchase_share"],
        purchases=purchases,
        purchases_reason=row["purchases_status"],
        spend=spend,
        spend_reason=row["spend_status"],
    )


def rounded(values: Floats) -> Floats:
    """To ``DIGITS`` significant digits."""
    size = np.floor(np.log10(np.where(values == 0, 1.0, np.abs(values))))
    scale = 10.0 ** (DIGITS - 1 - size)
    return np.where(values == 0, 0.0, np.round(values * scale) / scale)


def significant(value: float) -> float:
    """One number to ``DIGITS`` significant digits."""
    return float(f"{value:.{DIGITS}g}")


def money(amounts: Floats) -> pa.Array:
    """Amounts as decimal(18,4)."""
    return pc.cast(pa.array(np.round(amounts, 4)), MONEY)


def _numbers(column: pa.ChunkedArray) -> Ints:
    return pc.cast(column, pa.int64()).to_numpy()
