"""Customers who behave exactly as the models assume, with a seed: what fits and predictions are measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from customer_value.bg_nbd import BgNbd
from customer_value.fit import Floats, Ints
from customer_value.gamma_gamma import GammaGamma
from customer_value.predict import money


@dataclass(frozen=True)
class Purchases:
    """One element per purchase: whose (0 to customers - 1), when (time since the start) and for how much."""

    customer: Ints
    time: Floats
    value: Floats


def simulate(seed: int, customers: int, until: float, purchases: BgNbd, spend: GammaGamma) -> Purchases:
    """``customers`` people who come at even times over ``until`` and then buy until they drop out or time is over."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(purchases.r, 1 / purchases.alpha, customers)
    drop_out = rng.beta(purchases.a, purchases.b, customers)
    now = rng.uniform(0, until, customers)
    active = np.arange(customers)
    whose, when = [active], [now]
    while len(active):
        now = now + rng.exponential(1 / np.maximum(rate[active], 1e-300))
        in_time = now < until
        active, now = active[in_time], now[in_time]
        whose.append(active)
        when.append(now)
        stays = rng.random(len(active)) >= drop_out[active]
        active, now = active[stays], now[stays]
    customer, time = np.concatenate(whose), np.concatenate(when)
    order = np.lexsort((time, customer))
    scale = 1 / rng.gamma(spend.q, 1 / spend.v, customers)
    return Purchases(customer[order], time[order], rng.gamma(spend.p, scale[customer[order]]))


def summarised(purchases: Purchases, as_of: int, calibration_end: int) -> pa.Table:
    """The columns of ``int_customers__purchase_summary`` that the models read, from purchases timed in days.

    Days are whole, both ends belong to their span, and purchases of one customer and day are one.
    """
    day = np.floor(purchases.time).astype(np.int64)
    first_of_day = np.concatenate([[True], (np.diff(purchases.customer) != 0) | (np.diff(day) != 0)])
    value = np.add.reduceat(purchases.value, np.flatnonzero(first_of_day))
    customer, day = purchases.customer[first_of_day], day[first_of_day]
    begins = np.flatnonzero(np.concatenate([[True], np.diff(customer) != 0]))
    whose = np.repeat(np.arange(len(begins)), np.diff([*begins, len(customer)]))
    first, repeat, past = day[begins], np.ones(len(day), bool), day <= calibration_end
    repeat[begins] = False
    bought_then = first <= calibration_end

    def total(chosen: NDArray[np.bool_], amounts: Floats | None = None) -> NDArray[Any]:
        return np.bincount(whose[chosen], None if amounts is None else amounts[chosen], len(begins))

    def last(chosen: NDArray[np.bool_]) -> Ints:
        found = np.zeros(len(begins), np.int64)
        np.maximum.at(found, whose[chosen], day[chosen])
        return found

    def then(values: NDArray[Any]) -> pa.Array:
        return pa.array(values, mask=~bought_then)

    return pa.table(
        {
            "customer_id": [f"c_{number:07d}" for number in customer[begins].tolist()],
            "repeat_purchase_count": total(repeat),
            "recency_days": last(day >= 0) - first,
            "age_days": as_of - first,
            "paid_repeat_count": total(repeat),
            "repeat_net_sales_amount": money(total(repeat, value)),
            "calibration_repeat_purchase_count": then(total(past & repeat)),
            "calibration_recency_days": then(last(past) - first),
            "calibration_age_days": then(calibration_end - first),
            "calibration_paid_repeat_count": total(past & repeat),
            "calibration_repeat_net_sales_amount": money(total(past & repeat, value)),
            "holdout_days": np.full(len(begins), as_of - calibration_end),
            "holdout_purchase_count": total(~past),
            "holdout_net_sales_amount": money(total(~past, value)),
            "calibration_end_date": pa.array(np.full(len(begins), calibration_end, np.int32)).cast(pa.date32()),
        }
    )
