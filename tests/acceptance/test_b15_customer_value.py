"""B15: CLV with an honest backtest: calibrated by decile on simulated customers, and a better ranking than counting.

The simulation goes through the same tables as the shop's own history: whole days, one purchase a day, a calibration and
a holdout. On the road, the marts are told again from the published orders by a path of their own.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from customer_value.bg_nbd import BgNbd
from customer_value.build import predicted_value, value_backtest, value_model
from customer_value.gamma_gamma import GammaGamma
from customer_value.simulate import Purchases, simulate, summarised
from tests.conftest import Walk

CUSTOMERS, AS_OF, CALIBRATION_END = 200_000, 779, 519
TRUTHS = {
    "often lost": (BgNbd(0.6, 60.0, 0.8, 2.5), GammaGamma(4.0, 3.5, 60.0)),
    "as at CDNOW": (BgNbd(0.243, 4.414 * 7, 0.793, 2.426), GammaGamma(6.25, 3.74, 15.44)),
}
AS_OF_THEN = {
    "repeat_purchase_count", "recency_days", "age_days", "paid_repeat_count", "repeat_net_sales_amount"
}  # fmt: skip


@cache
def simulated(truth: str) -> Purchases:
    return simulate(15, CUSTOMERS, AS_OF + 1.0, *TRUTHS[truth])


@cache
def backtest(truth: str) -> list[dict]:
    summary = summarised(simulated(truth), AS_OF, CALIBRATION_END)
    return value_backtest(summary, value_model(summary).to_pylist()).to_pylist()


@pytest.mark.parametrize("truth", TRUTHS)
def test_every_decile_is_calibrated(truth: str):
    errors = {row["prediction_decile"]: row["predicted_orders"] / row["actual_orders"] - 1 for row in backtest(truth)}
    assert len(errors) == 10
    assert {decile: error for decile, error in errors.items() if abs(error) >= 0.10} == {}


@pytest.mark.parametrize("truth", TRUTHS)
def test_the_ranking_beats_counting(truth: str):
    row = backtest(truth)[0]
    assert row["rank_correlation"] > row["baseline_rank_correlation"]


@pytest.mark.parametrize("truth", TRUTHS)
def test_net_sales_are_calibrated(truth: str):
    predicted = sum(row["predicted_net_sales_amount"] for row in backtest(truth))
    actual = sum(row["actual_net_sales_amount"] for row in backtest(truth))
    assert float(predicted / actual) == pytest.approx(1, abs=0.05)


def test_the_check_sees_a_wrong_model():
    """Customers who all buy faster by the day are not what the model assumes; the same deciles must then be off."""
    bought = simulated("often lost")
    faster = Purchases(bought.customer, (AS_OF + 1) * np.sqrt(bought.time / (AS_OF + 1)), bought.value)
    order = np.lexsort((faster.time, faster.customer))
    summary = summarised(
        Purchases(faster.customer[order], faster.time[order], faster.value[order]), AS_OF, CALIBRATION_END
    )
    rows = value_backtest(summary, value_model(summary).to_pylist()).to_pylist()
    assert max(abs(row["predicted_orders"] / row["actual_orders"] - 1) for row in rows) >= 0.10


def purchases_of(walk: Walk) -> tuple[dict[str, dict[date, Decimal]], date]:
    """Person -> business day -> net sales, from the published orders; and the day of the newest data."""
    with walk.marts() as con:
        orders = con.sql(
            "select customer_id, order_date, fct_orders.net_sales_amount from fct_orders "
            "join dim_customers using (customer_id) where customer_type = 'person' "
            "and not is_test and not is_cancelled and not is_return "
            "and fct_orders.source_system <> 'amazon'"  # whose buyers nobody sees come back
        ).fetchall()
    with walk.warehouse() as con:
        summary = con.sql("select max(as_of_date) from intermediate.int_customers__purchase_summary").fetchone()
    assert summary
    days: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for customer_id, day, amount in orders:
        if day <= summary[0]:
            days[customer_id][day] += amount
    return days, summary[0]


def test_the_marts_backtest_is_what_came(first: Walk):
    days, as_of = purchases_of(first)
    began = min(min(bought) for bought in days.values())
    end = began + timedelta(days=(as_of - began).days * 2 // 3)
    known = [bought for bought in days.values() if min(bought) <= end]
    later = [[amount for day, amount in bought.items() if day > end] for bought in known]
    with first.marts() as con:
        rows = con.sql(
            "select customer_count, actual_order_rate, actual_net_sales_amount, calibration_end_date, "
            "predicted_order_rate, better_ranking from fct_customer_value_backtest order by prediction_decile"
        ).fetchall()
    assert len(rows) == 10
    assert {row[3] for row in rows} == {end}
    assert sum(row[0] for row in rows) == len(known)
    assert sum(row[0] * row[1] for row in rows) == pytest.approx(Decimal(sum(map(len, later))), abs=Decimal("0.01"))
    assert sum(row[2] for row in rows) == sum(map(sum, later), Decimal(0))
    assert [row[4] for row in rows] == sorted((row[4] for row in rows), reverse=True)
    assert {row[5] for row in rows} <= {"model", "baseline", "tie"}


def test_every_person_who_bought_has_a_prediction_with_its_reason(first: Walk):
    days, _ = purchases_of(first)
    with first.warehouse() as con:
        rows = con.sql(
            "select customer_id, expected_365d_orders, prediction_status from intermediate.int_customers__predicted_value"
        ).fetchall()
    assert {row[0] for row in rows} == set(days)
    assert all(row[1] is not None or row[2] != "predicted" for row in rows)


def test_next_best_products_follow_from_the_orders(first: Walk):
    """Every recommended product is new to the customer, and was bought with one of his in three orders at least."""
    with first.marts() as con:
        sku_product = dict(
            con.sql(
                "select sku, min(product_key) from dim_products where product_key is not null group by sku"
            ).fetchall()
        )
        lines = con.sql(
            "select l.order_key, o.customer_id, l.sku from fct_order_lines l join fct_orders o using (order_key) "
            "where not o.is_test and not o.is_cancelled and not o.is_return and not l.is_gift_card and l.sku is not null"
        ).fetchall()
        recommended = con.sql("select customer_id, product_key from fct_next_best_products").fetchall()
    baskets, owned = defaultdict(set), defaultdict(set)
    for order_key, customer_id, sku in lines:
        product = sku_product.get(sku)
        baskets[order_key].add(product)
        owned[customer_id].add(product)
    together = defaultdict(int)
    for basket in baskets.values():
        for one in basket:
            for other in basket - {one}:
                together[one, other] += 1
    assert recommended
    for customer_id, product in recommended:
        assert product not in owned[customer_id]
        assert any(together[one, product] >= 3 for one in owned[customer_id])


def test_predictions_for_a_year_match_the_year_that_came():
    """The horizon of the marts on a longer history: the mean over all customers within 5 %."""
    bought = simulate(8, 60_000, 900.0, *TRUTHS["often lost"])
    now = 900 - 365
    summary = summarised(bought, 899, now - 1)
    past = summary.filter(pc.is_valid(summary["calibration_age_days"]))
    known = pa.table(
        {name: past[f"calibration_{name}"] if name in AS_OF_THEN else past[name] for name in past.column_names}
    )
    predicted = predicted_value(known, value_model(known).to_pylist())
    expected = pc.mean(predicted["expected_365d_orders"]).as_py()
    assert expected == pytest.approx(pc.mean(past["holdout_purchase_count"]).as_py(), rel=0.05)
