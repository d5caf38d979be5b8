"""BG/NBD: how often a customer buys, and whether he still does.

While active a customer buys at random (Poisson) with a rate of his own, gamma distributed over customers with shape r
and rate alpha; after each repeat purchase he drops out with a probability of his own, beta distributed with a and b.
Likelihood and conditional expectation: P. Fader, B. Hardie and K. Lee, "Counting Your Customers the Easy Way" (2005),
Marketing Science 24; P(active): their note "Computing P(alive) Using the BG/NBD Model" (2008).

A customer is three numbers: repeat purchases x, recency t_x (first to last purchase) and age T (first purchase to now),
both times in one unit. Who never came back can't have dropped out by these assumptions, however long ago it was:
P(active) is 1 for him. The chance that he ever buys again is told by ``probability_of_purchase``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_value.fit import Floats, Ints, LogLikelihood, NotFitted, maximise

FEWEST_CUSTOMERS, FEWEST_REPEATERS = 100, 30
NODES = 256


@dataclass(frozen=True)
class Histories:
    """Customers by their history: repeat purchases, recency and age (arrays of one length), and how many share each."""

    repeats: Ints
    recency: Floats
    age: Floats
    customers: Floats

    @classmethod
    def counted(cls, repeats: Ints, recency: Ints, age: Ints) -> tuple[Histories, Ints]:
        """Equal histories put together, and for each customer the position of his; times in whole days >= 0."""
        wide = int(age.max(initial=0)) + 1
        codes = (repeats * wide + recency) * wide + age
        found, where, customers = np.unique(codes, return_inverse=True, return_counts=True)
        rest, age_of = np.divmod(found, wide)
        repeats_of, recency_of = np.divmod(rest, wide)
        return cls(repeats_of, recency_of.astype(float), age_of.astype(float), customers.astype(float)), where


@dataclass(frozen=True)
class BgNbd:
    """The four parameters; alpha in the unit of the times."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = float("nan")
    """Of all customers together, in the unit of the times."""
    edges: tuple[str, ...] = ()
    """Parameters whose estimate lies at the edge of what is searched."""

    def probability_active(self, repeats: Ints, recency: Floats, age: Floats) -> Floats:
        """P(active now) per customer."""
        odds = np.log(self.a) - np.log(self.b + np.maximum(repeats, 1) - 1)
        odds = odds + (self.r + repeats) * (np.log(self.alpha + age) - np.log(self.alpha + recency))
        return np.where(repeats > 0, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)

    def probability_of_purchase(self, repeats: Ints, recency: Floats, age: Floats, horizon: float) -> Floats:
        """P(at least one purchase within ``horizon``): active now, and the next purchase comes in time."""
        none = np.exp((self.r + repeats) * (np.log(self.alpha + age) - np.log(self.alpha + age + horizon)))
        return self.probability_active(repeats, recency, age) * (1 - none)

    def expected_purchases(self, repeats: Ints, recency: Floats, age: Floats, horizon: float) -> Floats:
        """Expected purchases within ``horizon`` from now per customer, given the history.

        Given rate and drop-out probability p, an active customer is expected to buy (1 - exp(-rate p t)) / p times. The
        rate's gamma posterior is integrated exactly, p's beta posterior by Gauss-Jacobi quadrature: the closed form by
        2F1 has a pole at a = 1 and overflows for those who buy often, this has neither.
        """
        expected = np.empty(len(repeats))
        for count in np.unique(repeats).tolist():
            chosen = repeats == count
            drop_out, weight = beta_nodes(self.a, self.b + count, NODES)
            reach = horizon / (self.alpha + age[chosen])
            ages, where = np.unique(reach, return_inverse=True)
            left = -np.expm1(-(self.r + count) * np.log1p(np.outer(ages, drop_out)))
            expected[chosen] = ((left / drop_out * weight).sum(axis=1))[where]
        return expected * self.probability_active(repeats, recency, age)


def beta_nodes(a: float, b: float, count: int) -> tuple[Floats, Floats]:
    """``count`` points in (0, 1) and weights that sum to 1, for means over a Beta(a, b) distribution.

    Golub and Welsch (1969): points are eigenvalues of the matrix of the Jacobi polynomials' recurrence, weights the
    squares of the vectors' first elements, so that no gamma function can overflow.
    """
    from scipy.linalg import eigh_tridiagonal

    left, right = a - 1, b - 1  # exponents of p and of 1 - p
    k = np.arange(1, count, dtype=float)
    twice = 2 * k + left + right
    centre = (left**2 - right**2) / (twice * (twice + 2))
    diagonal = np.concatenate([[(left - right) / (a + b)], centre])
    first = 4 * (1 + left) * (1 + right) / ((2 + left + right) ** 2 * (3 + left + right))
    k, twice = k[1:], twice[1:]
    squares = 4 * k * (k + left) * (k + right) * (k + left + right) / (twice**2 * (twice + 1) * (twice - 1))
    points, vectors = eigh_tridiagonal(diagonal, np.sqrt(np.concatenate([[first], squares])))
    return np.clip((points + 1) / 2, 1e-300, 1.0), vectors[0] ** 2


def fit_bg_nbd(histories: Histories) -> BgNbd:
    """The parameters of maximum likelihood. Raises NotFitted when data are too few or show no maximum."""
    total = float(histories.customers.sum())
    repeaters = float(histories.customers[histories.repeats > 0].sum())
    if total < FEWEST_CUSTOMERS or repeaters < FEWEST_REPEATERS:
        raise NotFitted(
            f"too few customers: {total:.0f} of whom {repeaters:.0f} came back; "
            f"{FEWEST_CUSTOMERS} and {FEWEST_REPEATERS} are needed"
        )
    unit = float((histories.age * histories.customers).sum()) / total
    if unit <= 0:
        raise NotFitted("every customer is new on the last day")
    found = maximise(_mean_log_likelihood(histories, unit, total), start=(1.0, 1.0, 1.0, 1.0))
    r, alpha, a, b = found.parameters
    purchases = float((histories.repeats * histories.customers).sum())
    return BgNbd(
        r=r,
        alpha=alpha * unit,
        a=a,
        b=b,
        log_likelihood=found.log_likelihood * total - purchases * float(np.log(unit)),
        edges=tuple(name for name, edge in zip(("r", "alpha", "a", "b"), found.at_edge, strict=True) if edge),
    )


def _mean_log_likelihood(histories: Histories, unit: float, total: float) -> LogLikelihood:
    """The paper's likelihood (its equation 6), with its gradient; times in units of ``unit``.

    Special functions and logarithms are taken once per distinct count and time; only the mixture of "dropped out after
    the last purchase" and "still active" needs every history.
    """
    from scipy.special import digamma, gammaln

    counts, count_at = np.unique(histories.repeats, return_inverse=True)
    ages, age_at = np.unique(histories.age / unit, return_inverse=True)
    recencies, recency_at = np.unique(histories.recency / unit, return_inverse=True)
    weight = histories.customers / total
    weight_of_count = np.bincount(count_at, weight)
    came_back = histories.repeats > 0
    x = counts.astype(float)

    def value_and_gradient(parameters: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = parameters.tolist()
        after = np.maximum(b + x - 1, 1e-300)
        log_age, log_recency = np.log(alpha + ages)[age_at], np.log(alpha + recencies)[recency_at]
        exponent = (r + x)[count_at]
        active = -exponent * log_age
        gone = np.where(came_back, (np.log(a) - np.log(after))[count_at] - exponent * log_recency, -np.inf)
        mixed = np.logaddexp(active, gone)
        share = np.exp(gone - mixed)
        of_count = gammaln(r + x) - gammaln(r) + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        value = float((weight_of_count * of_count).sum() + (weight * mixed).sum() + r * np.log(alpha))
        share_of_count = np.bincount(count_at, weight * share)
        both = digamma(a + b) - digamma(a + b + x)
        by_r = (weight_of_count * (digamma(r + x) - digamma(r))).sum() + np.log(alpha)
        by_r -= (weight * ((1 - share) * log_age + share * log_recency)).sum()
        slower = (1 - share) / (alpha + ages)[age_at] + share / (alpha + recencies)[recency_at]
        by_alpha = r / alpha - (weight * exponent * slower).sum()
        by_a = (weight_of_count * both).sum() + share_of_count.sum() / a
        by_b = (weight_of_count * (both + digamma(b + x) - digamma(b))).sum()
        by_b -= (share_of_count[x > 0] / after[x > 0]).sum()
        return value, np.array([by_r, by_alpha, by_a, by_b])

    return value_and_gradient
