"""BG/NBD against the published figures, its closed form, its own simulation, and data it can't be fitted to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.special import hyp2f1

from customer_value.bg_nbd import BgNbd, Histories, _mean_log_likelihood, beta_nodes, fit_bg_nbd
from customer_value.fit import NotFitted, maximise
from customer_value.gamma_gamma import GammaGamma
from customer_value.simulate import simulate
from tests.customer_value import cdnow

PUBLISHED = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
parameter = st.floats(0.05, 20)


def closed_form(model: BgNbd, repeats, recency, age, horizon):
    """Equation 10 of the paper, after Euler's transformation of 2F1 so that large counts do not overflow."""
    z = horizon / (model.alpha + age + horizon)
    c = model.a + model.b + repeats - 1
    left = 1 - (1 - z) ** (model.a - 1) * hyp2f1(model.a - 1, model.a + model.b - 1 - model.r, c, z)
    return c / (model.a - 1) * left * model.probability_active(repeats, recency, age)


def test_cdnow_gives_the_published_parameters():
    found = fit_bg_nbd(cdnow.histories())
    for name in ("r", "alpha", "a", "b"):
        assert getattr(found, name) == pytest.approx(getattr(PUBLISHED, name), rel=0.01), name
    assert found.log_likelihood == pytest.approx(-9582.4, abs=0.1)  # the paper's table
    assert found.edges == ()


def test_the_papers_example_customer():
    """Two repeat purchases, the last after 30.43 of 38.86 weeks: 1.226 more are expected in the next 39."""
    customer = (np.array([2]), np.array([30.43]), np.array([38.86]))
    assert PUBLISHED.expected_purchases(*customer, 39)[0] == pytest.approx(1.226, abs=0.001)


@settings(max_examples=60, deadline=None)
@given(r=parameter, alpha=st.floats(0.5, 200), a=parameter, b=parameter, x=st.integers(0, 60), age=st.floats(1, 900))
def test_expectation_equals_the_closed_form(r: float, alpha: float, a: float, b: float, x: int, age: float):
    if abs(a - 1) < 1e-3 or abs(a + b + x - 1) < 1e-3:
        a += 0.01  # the closed form has a pole here, ours has none
    model, recency = BgNbd(r, alpha, a, b), age * 0.7 if x else 0.0
    customer = (np.array([x]), np.array([recency]), np.array([age]))
    expected = closed_form(model, *customer, 365.0)
    if np.isfinite(expected[0]):
        assert model.expected_purchases(*customer, 365.0) == pytest.approx(expected, rel=1e-6)


def test_expectation_passes_smoothly_over_the_pole():
    values = [
        BgNbd(0.5, 20, a, 2).expected_purchases(np.array([3]), np.array([50.0]), np.array([90.0]), 365.0)[0]
        for a in (1 - 1e-9, 1.0, 1 + 1e-9)
    ]
    assert values == pytest.approx([values[1]] * 3, rel=1e-7)


@pytest.mark.parametrize(("a", "b"), [(0.8, 2.4), (1e-4, 3.0), (1e4, 1e4), (0.3, 5000.0)])
def test_the_nodes_give_the_means_of_a_beta(a: float, b: float):
    points, weights = beta_nodes(a, b, 64)
    mean = a / (a + b)
    assert weights.sum() == pytest.approx(1)
    assert (points * weights).sum() == pytest.approx(mean)
    assert ((points - mean) ** 2 * weights).sum() == pytest.approx(mean * (1 - mean) / (a + b + 1))


@settings(max_examples=20, deadline=None)
@given(parameters=st.tuples(parameter, parameter, parameter, parameter))
def test_the_gradient_is_the_gradient(parameters: tuple[float, ...]):
    likelihood = _mean_log_likelihood(cdnow.histories(), 1.0, len(cdnow.histories().repeats))
    point = np.array(parameters)
    by_differences = approx_fprime(point, lambda at: likelihood(at)[0], 1e-7)
    assert likelihood(point)[1] == pytest.approx(by_differences, rel=1e-3, abs=1e-4)


def test_equal_histories_are_counted_once_and_change_nothing():
    one_by_one = cdnow.histories()
    days = [np.round(each * 7).astype(np.int64) for each in (one_by_one.recency, one_by_one.age)]
    counted, where = Histories.counted(one_by_one.repeats, *days)
    assert len(counted.repeats) < len(one_by_one.repeats)
    assert counted.customers.sum() == len(one_by_one.repeats)
    assert (counted.repeats[where] == one_by_one.repeats).all()
    assert (counted.recency[where] == days[0]).all()
    assert (counted.age[where] == days[1]).all()
    singly = Histories(one_by_one.repeats, *(each.astype(float) for each in days), one_by_one.customers)
    assert fit_bg_nbd(counted).log_likelihood == pytest.approx(fit_bg_nbd(singly).log_likelihood, rel=1e-9)


def test_a_simulation_gives_its_parameters_back():
    truth = BgNbd(0.7, 40.0, 0.6, 2.0)
    bought = simulate(5, 60_000, 720.0, truth, GammaGamma(4, 4, 40))
    begins = np.flatnonzero(np.diff(bought.customer, prepend=-1))
    ends = np.append(begins[1:], len(bought.customer)) - 1
    first, last = bought.time[begins], bought.time[ends]
    found = fit_bg_nbd(Histories(ends - begins, last - first, 720.0 - first, np.ones(len(begins))))
    for name in ("r", "alpha", "a", "b"):
        assert getattr(found, name) == pytest.approx(getattr(truth, name), rel=0.06), name


def test_the_unit_of_time_does_not_matter():
    weeks = cdnow.histories()
    days = Histories(weeks.repeats, weeks.recency * 7, weeks.age * 7, weeks.customers)
    one, other = fit_bg_nbd(weeks), fit_bg_nbd(days)
    assert other.alpha == pytest.approx(one.alpha * 7, rel=1e-6)
    assert other.r == pytest.approx(one.r, rel=1e-6)


def test_who_stays_away_longer_is_less_likely_active():
    away = PUBLISHED.probability_active(np.array([5] * 3), np.array([30.0, 20.0, 10.0]), np.array([38.0] * 3))
    assert (np.diff(away) < 0).all()
    assert ((away > 0) & (away < 1)).all()


def test_one_old_purchase_is_active_but_hardly_bought_again():
    once = (np.array([0]), np.array([0.0]), np.array([500.0]))
    assert PUBLISHED.probability_active(*once)[0] == 1
    assert PUBLISHED.probability_of_purchase(*once, 39.0)[0] < 0.03


def test_a_wholesaler_does_not_overflow():
    often = (np.array([3000]), np.array([2990.0]), np.array([3000.0]))
    assert 0 < PUBLISHED.expected_purchases(*often, 365.0)[0] < 365 * 3
    assert PUBLISHED.probability_active(np.array([3000]), np.array([1.0]), np.array([3000.0]))[0] == pytest.approx(0)


def test_too_few_customers_are_refused_in_words():
    few = Histories(np.array([1] * 20), np.full(20, 3.0), np.full(20, 9.0), np.ones(20))
    with pytest.raises(NotFitted, match="too few customers: 20"):
        fit_bg_nbd(few)
    nobody_came_back = Histories(np.array([0]), np.array([0.0]), np.array([9.0]), np.array([5000.0]))
    with pytest.raises(NotFitted, match="0 came back"):
        fit_bg_nbd(nobody_came_back)


def test_customers_without_drop_out_are_fitted_at_the_edge():
    rng = np.random.default_rng(3)
    rate = rng.gamma(2.0, 1 / 40, 4000)
    bought = rng.poisson(rate * 300)
    recency = np.where(bought > 0, 300 * rng.beta(np.maximum(bought, 1), 1), 0)
    found = fit_bg_nbd(Histories(bought, recency, np.full(4000, 300.0), np.ones(4000)))
    assert found.a / (found.a + found.b) < 0.01
    forecast = found.expected_purchases(bought, recency, np.full(4000, 300.0), 365.0)
    assert forecast.mean() == pytest.approx((rate * 365).mean(), rel=0.05)


def test_a_search_that_ends_on_a_slope_is_no_estimate():
    with pytest.raises(NotFitted, match="still rises"):
        maximise(lambda at: (0.0, np.ones_like(at)), start=(1.0,))
