"""Gamma-Gamma: what a customer spends per purchase.

A customer's purchases vary around a mean of his own (gamma with shape p), and the means vary between customers (q and
v). P. Fader, B. Hardie, "The Gamma-Gamma Model of Monetary Value" (2013). The model takes for granted that spend does
not depend on how often somebody buys: the correlation of the two in the data is told beside the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_value.fit import Floats, Ints, LogLikelihood, NotFitted, maximise

FEWEST_REPEATERS = 30


@dataclass(frozen=True)
class GammaGamma:
    """The three parameters; v in the unit of the money."""

    p: float
    q: float
    v: float
    correlation: float = float("nan")
    """Pearson correlation of number and mean of purchases; far from 0 the model's assumption does not hold."""
    edges: tuple[str, ...] = ()

    def expected_value(self, purchases: Ints, mean_value: Floats) -> Floats:
        """Expected mean value of a purchase per customer; without any purchase the mean over all customers."""
        known = purchases * np.where(purchases > 0, mean_value, 0.0)
        return self.p * (self.v + known) / (self.p * purchases + self.q - 1)


def fit_gamma_gamma(purchases: Ints, mean_value: Floats) -> GammaGamma:
    """The parameters of maximum likelihood from purchases (>= 1) and their mean value (> 0) per customer.

    Raises NotFitted when data are too few, show no maximum, or spread so widely that the mean has no finite estimate.
    """
    if len(purchases) < FEWEST_REPEATERS:
        raise NotFitted(
            f"too few customers with a paid repeat purchase: {len(purchases)}; {FEWEST_REPEATERS} are needed"
        )
    order = np.lexsort((mean_value, purchases))  # sums of floats depend on their order
    purchases, mean_value = purchases[order], mean_value[order]
    unit = float(mean_value.mean())
    found = maximise(_mean_log_likelihood(purchases, mean_value / unit), start=(1.0, 2.0, 1.0))
    p, q, v = found.parameters
    if q <= 1:
        raise NotFitted(f"spend varies too widely between customers for a mean to exist (q {q:.3f} is not above 1)")
    return GammaGamma(
        p=p,
        q=q,
        v=v * unit,
        correlation=_correlation(purchases.astype(float), mean_value),
        edges=tuple(name for name, edge in zip(("p", "q", "v"), found.at_edge, strict=True) if edge),
    )


def _mean_log_likelihood(purchases: Ints, value: Floats) -> LogLikelihood:
    from scipy.special import digamma, gammaln

    counts, count_at = np.unique(purchases, return_inverse=True)
    weight_of_count = np.bincount(count_at) / len(purchases)
    x = counts.astype(float)
    spent = purchases * value
    log_spent, log_value = np.log(spent), np.log(value)

    def value_and_gradient(parameters: Floats) -> tuple[float, Floats]:
        p, q, v = parameters.tolist()
        shape = p * x + q
        log_sum = np.log(v + spent)
        of_count = gammaln(shape) - gammaln(p * x) - gammaln(q)
        mean = q * np.log(v) + (p * purchases * log_spent - log_value - shape[count_at] * log_sum).mean()
        relative = log_spent - log_sum
        by_p = (weight_of_count * x * (digamma(shape) - digamma(p * x))).sum() + (purchases * relative).mean()
        by_q = (weight_of_count * (digamma(shape) - digamma(q))).sum() + np.log(v) - log_sum.mean()
        by_v = q / v - (shape[count_at] / (v + spent)).mean()
        return float((weight_of_count * of_count).sum() + mean), np.array([by_p, by_q, by_v])

    return value_and_gradient


def _correlation(one: Floats, other: Floats) -> float:
    """Pearson's; not a number when one of them does not vary."""
    one, other = one - one.mean(), other - other.mean()
    spread = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / spread if spread > 0 else float("nan")
