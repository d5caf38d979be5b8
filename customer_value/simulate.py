"""Customers who behave exactly as the models assume, with a seed: what fits and predictions are measured against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_value.bg_nbd import BgNbd
from customer_value.fit import Floats, Ints
from customer_value.gamma_gamma import GammaGamma

Rng = np.random.Generator


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
