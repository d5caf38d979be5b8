"""Gamma-Gamma against the published figures, its own simulation, and spend it can't be fitted to."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from customer_value.fit import NotFitted
from customer_value.gamma_gamma import GammaGamma, _mean_log_likelihood, fit_gamma_gamma
from tests.customer_value import cdnow

PUBLISHED = GammaGamma(p=6.25, q=3.74, v=15.44)


def simulated(count: int, shape: float) -> tuple[np.ndarray, np.ndarray]:
    """Purchases and their mean; the means vary with ``shape`` (q), the mean of all is finite above 1."""
    rng = np.random.default_rng(11)
    purchases = rng.integers(1, 6, count)
    scale = 1 / rng.gamma(shape, 1 / 30, count)
    return purchases, rng.gamma(5.0 * purchases, scale) / purchases


def test_cdnow_gives_the_published_parameters():
    found = fit_gamma_gamma(*cdnow.spend())
    for name in ("p", "q", "v"):
        assert getattr(found, name) == pytest.approx(getattr(PUBLISHED, name), rel=0.01), name
    assert found.correlation == pytest.approx(0.11, abs=0.01)  # the note reports it, and calls it small enough


def test_the_gradient_is_the_gradient():
    likelihood = _mean_log_likelihood(*cdnow.spend())
    for point in (np.array([1.0, 2.0, 1.0]), np.array([6.25, 3.74, 15.44])):
        by_differences = approx_fprime(point, lambda at: likelihood(at)[0], 1e-7)
        assert likelihood(point)[1] == pytest.approx(by_differences, rel=1e-4, abs=1e-5)


def test_a_simulation_gives_its_parameters_back():
    found = fit_gamma_gamma(*simulated(40_000, 4.0))
    assert (found.p, found.q, found.v) == pytest.approx((5.0, 4.0, 30.0), rel=0.05)


def test_the_order_of_customers_does_not_change_a_bit():
    purchases, value = simulated(500, 4.0)
    shuffled = np.random.default_rng(1).permutation(500)
    assert fit_gamma_gamma(purchases, value) == fit_gamma_gamma(purchases[shuffled], value[shuffled])


def test_the_currency_does_not_matter():
    purchases, value = cdnow.spend()
    cents = fit_gamma_gamma(purchases, value * 100)
    assert cents.v == pytest.approx(fit_gamma_gamma(purchases, value).v * 100, rel=1e-6)


def test_more_purchases_trust_the_own_mean_more():
    expected = PUBLISHED.expected_value(np.array([0, 1, 10, 1000]), np.array([0.0, 100.0, 100.0, 100.0]))
    assert expected[0] == pytest.approx(PUBLISHED.p * PUBLISHED.v / (PUBLISHED.q - 1))
    assert (np.diff(expected) > 0).all()
    assert expected[-1] == pytest.approx(100, rel=0.01)


def test_spend_without_a_mean_is_refused_in_words():
    with pytest.raises(NotFitted, match="varies too widely"):
        fit_gamma_gamma(*simulated(5000, 0.6))


def test_too_few_are_refused():
    with pytest.raises(NotFitted, match="too few"):
        fit_gamma_gamma(np.array([1, 2]), np.array([10.0, 20.0]))
