"""The tables the warehouse gets: the same digits in whatever order, money as decimals, and no prediction without a reason."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from scipy.stats import spearmanr

from customer_value.backtest import baseline_orders, baseline_score, rank_correlation
from customer_value.bg_nbd import BgNbd
from customer_value.build import predicted_value, value_backtest, value_model
from customer_value.fit import NotFitted
from customer_value.gamma_gamma import GammaGamma
from customer_value.predict import Customers, fit, fit_of, fit_row, money, predict, rounded
from customer_value.simulate import simulate, summarised

SHOP = (BgNbd(0.6, 60.0, 0.8, 2.5), GammaGamma(4.0, 3.5, 60.0))


@cache
def summary(customers: int = 3000) -> pa.Table:
    return summarised(simulate(7, customers, 600.0, *SHOP), as_of=599, calibration_end=399)


def tables(of: pa.Table) -> tuple[pa.Table, pa.Table, pa.Table]:
    models = value_model(of)
    rows = models.to_pylist()
    return models, predicted_value(of, rows), value_backtest(of, rows)


def test_the_order_of_rows_does_not_change_a_digit():
    shuffled = summary().take(np.random.default_rng(2).permutation(summary().num_rows))
    for one, other in zip(tables(summary()), tables(shuffled), strict=True):
        key = one.column_names[0]
        assert one.sort_by(key).equals(other.sort_by(key))


def test_every_customer_is_predicted_and_what_is_expected_hangs_together():
    models, predicted, _ = tables(summary())
    paid = models.to_pylist()[0]["paid_purchase_share"]
    assert predicted.num_rows == summary().num_rows
    assert set(predicted["prediction_status"].to_pylist()) == {"predicted"}
    assert predicted.schema.field("expected_365d_amount").type == pa.decimal128(18, 4)
    for row in predicted.slice(0, 200).to_pylist():
        assert 0 <= row["purchase_365d_probability"] <= row["probability_active"] <= 1
        product = row["expected_365d_orders"] * paid * float(row["expected_order_value_amount"])
        assert float(row["expected_365d_amount"]) == pytest.approx(product, abs=0.001)


def test_a_fit_survives_being_written_down():
    customers = Customers.of(summary())
    fitted = fit(customers)
    again = fit_of(fit_row("full_history", fitted))
    assert predict(customers, again, 365).expected_orders == pytest.approx(
        predict(customers, fitted, 365).expected_orders, rel=1e-8
    )


def test_too_few_customers_give_nulls_and_the_reason():
    models, predicted, backtest = tables(summary().slice(0, 40))
    assert "too few customers: 40" in models.to_pylist()[0]["purchases_status"]
    assert predicted.num_rows == 40
    for name in ("expected_365d_orders", "expected_365d_amount", "probability_active"):
        assert predicted[name].null_count == 40
    assert all("too few customers" in reason for reason in predicted["prediction_status"].to_pylist())
    assert backtest.num_rows == 0


def test_orders_are_predicted_where_spend_is_not():
    free = summary().set_column(
        summary().column_names.index("paid_repeat_count"),
        "paid_repeat_count",
        pa.array(np.zeros(summary().num_rows, np.int64)),
    )
    _, predicted, _ = tables(free)
    assert predicted["expected_365d_orders"].null_count == 0
    assert predicted["expected_365d_amount"].null_count == predicted.num_rows
    assert "spend: too few" in predicted["prediction_status"][0].as_py()


def test_an_empty_shop_has_no_rows():
    for table in tables(summary().slice(0, 0)):
        assert table.num_rows == 0


def test_without_a_model_of_purchases_there_is_no_prediction():
    customers = Customers.of(summary().slice(0, 40))
    with pytest.raises(NotFitted, match="too few"):
        predict(customers, fit(customers), 365)


def test_the_backtest_counts_everybody_who_had_bought_once():
    backtest = tables(summary())[2].to_pylist()
    known = summary().filter(pc.is_valid(summary()["calibration_age_days"]))
    assert [row["prediction_decile"] for row in backtest] == list(range(1, 11))
    assert sum(row["customer_count"] for row in backtest) == known.num_rows
    bought = sum(row["customer_count"] * row["actual_orders"] for row in backtest)
    assert bought == pytest.approx(pc.sum(known["holdout_purchase_count"]).as_py())
    assert sum(row["actual_net_sales_amount"] for row in backtest) == pc.sum(known["holdout_net_sales_amount"]).as_py()
    expected = [row["predicted_orders"] for row in backtest]
    assert expected == sorted(expected, reverse=True)


def test_a_baseline_that_does_better_is_told():
    """Customers who keep their pace and never drop out, but for new ones: counting is then as good as any model."""
    table = summary()
    holdout = pa.array(np.nan_to_num(table["calibration_repeat_purchase_count"].to_numpy()).astype(np.int64))
    as_before = table.set_column(table.column_names.index("holdout_purchase_count"), "holdout_purchase_count", holdout)
    row = tables(as_before)[2].to_pylist()[0]
    assert row["baseline_rank_correlation"] > row["rank_correlation"]


def test_rank_correlation_is_spearmans():
    rng = np.random.default_rng(4)
    one, other = rng.integers(0, 5, 300), rng.integers(0, 4, 300) + rng.integers(0, 2, 300)
    assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)
    assert np.isnan(rank_correlation(np.ones(3), np.arange(3)))


def test_the_baseline_ranks_by_count_then_by_last_purchase():
    # repeats, recency, age: (often, long ago), (seldom, today), (seldom, long ago), (never again, new), (never again, old)
    known = np.array([[9, 5, 90], [1, 90, 90], [1, 10, 90], [0, 0, 1], [0, 0, 90]]).T
    customers = Customers(known[0], known[1], known[2], known[0], known[0].astype(float))
    assert (np.diff(baseline_score(customers)) < 0).all()
    assert baseline_orders(customers, 90)[0] == pytest.approx(9)
    assert baseline_orders(Customers(*(np.array([0]) for _ in range(4)), np.array([0.0])), 90)[0] == 0


def test_ten_digits_and_decimals():
    assert rounded(np.array([0.123456789012345, 0.0, 98765.4321098765])).tolist() == [0.123456789, 0.0, 98765.43211]
    assert money(np.array([12.34567, 0.0])).to_pylist() == [Decimal("12.3457"), Decimal("0.0000")]
